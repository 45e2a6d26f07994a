import { describe } from "vitest";
import type { Codec } from "../../ts/index.ts";
import { describeClosing } from "./suite/closing.ts";
import { describeEnds } from "./suite/ends.ts";
import { describeFlow } from "./suite/flow.ts";
import { describeForwarding } from "./suite/forwarding.ts";
import { describeItems } from "./suite/items.ts";
import { describeValues } from "./suite/values.ts";
import type { Kind } from "./support/carriers.ts";

/** The behaviour that channels must have over every transport and codec, as one suite. */
export function describeChannels(kind: Kind, codec: Codec): void {
  describe(`channels over ${kind} with ${codec.name}`, () => {
    describeValues(kind, codec);
    describeFlow(kind, codec);
    describeItems(kind, codec);
    describeEnds(kind, codec);
    describeClosing(kind, codec);
    describeForwarding(kind, codec);
  });
}
