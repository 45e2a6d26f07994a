/** What is measured, on the side that connects: in a page of Chromium or in a process of Node. */

import { bulk, shares } from "./bulk.ts";
import { calls } from "./calls.ts";
import { closeCopies, firstSync, followChanges, memory, openCopies } from "./collections.ts";
import { latency } from "./latency.ts";
import { messages } from "./messages.ts";
import { stock } from "./stock.ts";
import { stockCalls } from "./stock-calls.ts";

const collections = { firstSync, openCopies, followChanges, closeCopies, memory };

/** By name; arguments and results are plain JSON. */
export const tasks = { bulk, shares, calls, latency, messages, stock, stockCalls, ...collections };

/** What a task takes and gives. */
export type Tasks = typeof tasks;
