import { expect, test } from "vitest";
import { isClosed, isDisconnected, isFinal, isItemSpecific } from "./classify.ts";
import { CuttleError, type ErrorCode } from "./error.ts";

/** Closed, disconnected, item-specific and final. */
function kindsOf(error: unknown): boolean[] {
  return [isClosed(error), isDisconnected(error), isItemSpecific(error), isFinal(error)];
}

test.each<[ErrorCode, boolean[]]>([
  ["remote_closed", [true, false, false, true]],
  ["remote_rejected", [false, false, false, true]],
  ["remote_failed", [false, false, false, true]],
  ["local_half_used", [false, false, false, true]],
  ["local_limit", [false, false, false, true]],
  ["transport_lost", [false, true, false, true]],
  ["remote_connection_closed", [false, true, false, true]],
  ["local_closed", [false, true, false, true]],
  ["peer_decode", [false, false, true, false]],
  ["local_item_too_large", [false, false, true, false]],
  ["local_lagged", [false, false, true, false]],
])("%s", (code, kinds) => {
  expect(kindsOf(new CuttleError(code, ""))).toEqual(kinds);
});

test("what another hop tells of concerns an item or the connection, and other errors are nothing of these", () => {
  const passed = (concerns: string): CuttleError => new CuttleError("remote_failed", "", { data: { concerns } });
  expect(kindsOf(passed("item"))).toEqual([false, false, true, false]);
  expect(kindsOf(passed("connection"))).toEqual([false, true, false, true]);
  expect(kindsOf(new DOMException("", "AbortError"))).toEqual([false, false, false, false]);
});
