import { describeChannels } from "./channels.ts";
import { KINDS } from "./support/carriers.ts";
import { CODECS } from "./support/pair.ts";

for (const kind of KINDS) for (const codec of CODECS) describeChannels(kind, codec);
