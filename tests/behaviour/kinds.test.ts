import { describe } from "vitest";
import { describeBroadcast } from "./suite/broadcasting.ts";
import { describeIo } from "./suite/bytes.ts";
import { describeCodecs } from "./suite/codecs.ts";
import { describeBin, describeLr, describeOneWay } from "./suite/one-way.ts";
import { describeBinPieces } from "./suite/pieces.ts";
import { describeWatchRates } from "./suite/watch-rates.ts";
import { describeWatch } from "./suite/watching.ts";
import { describeWebStreams } from "./suite/web-streams.ts";
import { KINDS } from "./support/carriers.ts";
import { CODECS } from "./support/pair.ts";

/** The kinds of channels beside mpsc and oneshot, over every transport and codec. */
for (const kind of KINDS) {
  for (const codec of CODECS) {
    describe(`kinds of channels over ${kind} with ${codec.name}`, () => {
      describeOneWay(kind, codec);
      describeBin(kind, codec);
      describeBinPieces(kind, codec);
      describeIo(kind, codec);
      describeLr(kind, codec);
      describeWatch(kind, codec);
      describeWatchRates(kind, codec);
      describeBroadcast(kind, codec);
      describeCodecs(kind, codec);
      describeWebStreams(kind, codec);
    });
  }
}
