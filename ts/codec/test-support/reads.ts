/** Test support: tables of bytes that a codec must read or refuse beyond those that it writes. */

import { expect, it } from "vitest";
import { CuttleError } from "../../errors/error.ts";
import type { Descriptor } from "../../schema/descriptor.ts";
import type { Codec } from "../codec.ts";
import { bytesOf } from "./value-of.ts";

/** Bytes (hex) that must be read as a value. */
export type Accepted = [what: string, type: Descriptor, hex: string, value: unknown];
/** Bytes (hex) that must be refused. */
export type Refused = [what: string, type: Descriptor, hex: string];

const context = {
  maxBytes: 1e8,
  transport: (_: unknown, value: unknown): unknown => value,
  receive: (_: unknown, plain: unknown): unknown => plain,
};

/** Makes a test of each row. */
export function reads(codec: Codec, accepted: Accepted[], refused: Refused[]): void {
  it.each(accepted)(`${codec.name} reads %s`, (_, type, hex, value) => {
    expect(codec.decode(type, bytesOf(hex), context)).toEqual(value);
  });
  it.each(refused)(`${codec.name} refuses %s`, (_, type, hex) => {
    try {
      codec.decode(type, bytesOf(hex), context);
    } catch (error) {
      expect(String(error)).toMatch(/another codec than/);
      expect(CuttleError.is(error, "peer_decode")).toBe(true);
      return;
    }
    throw new Error("it was read");
  });
}
