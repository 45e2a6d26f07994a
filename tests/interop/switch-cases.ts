/** Cases whose values hold types of remoc's own. */

import { callingCases } from "./calling-cases.ts";
import { type Case, cases } from "./cases.ts";
import { ioBreaksOff, ioCases } from "./channel-cases.ts";

const SCENARIOS: readonly string[] = ["echo", "tree", "binEcho", "lrEcho", "watchNumbers", "watchDropped"];
const ofChannels = cases.filter(({ scenario, title }) => {
  return SCENARIOS.includes(scenario) || title === "broadcast: every number arrives";
});

/** Halves of every kind, in any codec. */
export const halfCases: readonly Case[] = [...ofChannels, ...ioCases, ioBreaksOff];

/** Traits, functions and objects as well, which stock remoc plays in its default codec only. */
export const switchCases: readonly Case[] = [...callingCases, ...halfCases];
