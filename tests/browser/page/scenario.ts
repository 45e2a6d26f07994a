/** Runs a scenario where this is loaded: in a page or in any worker. */

import { type Codec, json, postbag, type Target } from "../../../ts/index.ts";
import * as scenarios from "../../scenarios/index.ts";

/** A scenario, the name of its codec, and what it is given. */
export interface Asked {
  readonly scenario: string;
  readonly codec: string;
  readonly args: object;
}

/** Resolves with the scenario's result. */
export async function runScenario(asked: Asked, connectTo: (path: string) => Target): Promise<unknown> {
  // biome-ignore lint/performance/noDynamicNamespaceImportAccess: tests name the scenario.
  const run = scenarios[asked.scenario as keyof typeof scenarios] as (
    route: scenarios.Route,
    args: object,
  ) => Promise<unknown>;
  const codec: Codec = asked.codec === "json" ? json : postbag;
  return await run({ connectTo, codec }, asked.args);
}
