import { onTestFinished } from "vitest";
import type { Case } from "./cases.ts";
import { idsOf, note, type Shown } from "./features.ts";
import type { Version } from "./support.ts";

/** The running test shows these features with this release; counts when it passes. */
export function covers(ids: readonly string[], version: Version, role: Shown["role"] = "ask"): void {
  onTestFinished(({ task }) => {
    if (task.result?.state !== "fail") note({ ids, version, runtime: "Node", role });
  });
}

/** The running test runs this case against this release, in this codec. */
export function coversCase(one: Case, version: Version, codec?: string): void {
  covers(idsOf(one, codec), version);
}
