import type { Descriptor } from "./descriptor.ts";
import { mapped } from "./mapped.ts";
import { misuse } from "./misuse.ts";
import { pathText, type StandardIssue, type StandardSchemaV1 } from "./standard.ts";

/**
 * Values of `inner` that `schema`, of Zod, Valibot, ArkType or any other library with Standard Schema, has accepted.
 * They are checked in both directions: a value that it refuses is not sent (`local_encode`), and one that the peer sent
 * all the same is not received (`peer_decode`). What the schema makes of a received value is received; what travels is
 * the value that was given. A schema that answers with a promise cannot be used here: `local_misuse`.
 */
export function validated<T>(schema: StandardSchemaV1<T, unknown>, inner: Descriptor): Descriptor<T> {
  const standard = schema?.["~standard"];
  if (standard?.version !== 1 || typeof standard.validate !== "function")
    throw misuse("t.from() needs a schema with Standard Schema version 1, such as one of Zod, Valibot or ArkType");
  const check = (value: unknown, fail: (problem: string) => never): T => {
    const result = outcome(schema, value);
    return result.issues === undefined ? result.value : fail(issuesText(result.issues));
  };
  return mapped({
    name: `a value of ${standard.vendor}`,
    inner,
    nullable: () => outcome(schema, null).issues === undefined,
    toWire(value, fail) {
      check(value, fail);
      return value;
    },
    fromWire: check,
  });
}

function outcome<T>(schema: StandardSchemaV1<T, unknown>, value: unknown) {
  const result = schema["~standard"].validate(value);
  if (result instanceof Promise)
    throw misuse("t.from() cannot use a schema that answers later. Check such values after they are received");
  return result;
}

function issuesText(issues: readonly StandardIssue[]): string {
  const shown = issues.slice(0, MAX_SHOWN).map(({ message, path }) => {
    const place = pathText(path);
    return place ? `${place}: ${message}` : message;
  });
  return issues.length > MAX_SHOWN ? `${shown.join("; ")}; …` : shown.join("; ");
}

/** More would help nobody. */
const MAX_SHOWN = 4;
