/** Plays the server of the library that it is named after. */

import { type RivalId, rivals } from "../rivals/index.ts";
import type { Rival } from "../rivals/rival.ts";

declare const self: Worker & { name: string };

// The page passes this on to nobody; every library starts afterwards.
self.postMessage("ready");
(rivals[self.name as RivalId] as Rival).answer?.(self);
