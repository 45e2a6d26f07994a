import { expect, test } from "vitest";
import * as t from "../schema/index.ts";
import { deferred } from "../util/deferred.ts";
import { channel, forward } from "./oneshot.ts";

test("forward sends what a promise resolves to, also that of another channel", async () => {
  const [first, firstRx] = channel(t.str);
  const [second, secondRx] = channel(t.str);
  const forwarding = forward(firstRx.recv(), second);
  await first.send("passed on");
  expect(await secondRx.recv()).toBe("passed on");
  await forwarding;
});

test("forward closes its channel when there is no value, and tells a failure", async () => {
  const [first, firstRx] = channel(t.str);
  const [second, secondRx] = channel(t.str);
  first.close();
  await forward(firstRx.recv(), second);
  await expect(secondRx.recv()).rejects.toThrow("closed without sending a value");
  const [third, thirdRx] = channel(t.str);
  await expect(forward(Promise.reject(new Error("no luck")), third)).rejects.toThrow("no luck");
  await expect(thirdRx.recv()).rejects.toThrow("closed without sending a value");
});

test("forward waits no more once nobody wants the value, or it is given up", async () => {
  const never = deferred<string>().promise;
  const [tx, rx] = channel(t.str);
  const forwarding = forward(never, tx);
  rx.drop();
  await forwarding;
  const [other, otherRx] = channel(t.str);
  const abort = new AbortController();
  const givenUp = forward(never, other, { signal: abort.signal });
  abort.abort("enough");
  await expect(givenUp).rejects.toBe("enough");
  await expect(otherRx.recv()).rejects.toThrow("closed without sending a value");
});
