import { describe } from "vitest";
import { describeChannels } from "./channels.ts";
import { describeClosing } from "./suite/closing.ts";
import { describeValues } from "./suite/values.ts";
import { CODECS } from "./support/pair.ts";

const [codec] = CODECS as [(typeof CODECS)[number]];

describeChannels("tls", codec);
describeChannels("electron-port", codec);

// Every second data channel takes a second to open, so this is not all.
describe("channels over data-channel", () => {
  describeValues("data-channel", codec);
  describeClosing("data-channel", codec);
});
