/** Test support: every codec of this room. */

import { bincode } from "../bincode.ts";
import { bincode2 } from "../bincode2.ts";
import { cbor } from "../cbor.ts";
import type { Codec } from "../codec.ts";
import { json } from "../json.ts";
import { messagePack } from "../messagepack.ts";
import { postbag } from "../postbag.ts";
import { postbagSlim } from "../postbag-slim.ts";
import { postbag1 } from "../postbag1.ts";
import { postbag1Slim } from "../postbag1-slim.ts";
import { postcard } from "../postcard.ts";

/** All codecs. The name of each is the column of its bytes in the vector files. */
export const codecs: readonly Codec[] = [
  json,
  messagePack,
  cbor,
  postbag,
  postbagSlim,
  postcard,
  bincode,
  bincode2,
  postbag1,
  postbag1Slim,
];

/** Those whose bytes tell nothing but values, so that every type comes back as it was: no nested options collapse. */
export const DESCRIBED: readonly string[] = ["json", "cbor", "messagePack"];
