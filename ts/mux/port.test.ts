import { expect, test } from "vitest";
import type { Core, PortKey, Sent } from "../core/core.ts";
import { CuttleError } from "../errors/error.ts";
import { Port } from "./port.ts";
import type { PortHost } from "./port-host.ts";

/** A core that answers as the test says, and writes down what it is told. */
function fake(...answers: Sent[]): {
  port: Port;
  calls: string[];
  abandoned: unknown[];
  answer(...more: Sent[]): void;
} {
  const calls: string[] = [];
  const abandoned: unknown[] = [];
  const call =
    <R>(name: string, result?: R) =>
    (_key: PortKey, argument?: unknown): R => {
      calls.push(argument === undefined ? name : `${name} ${String(argument)}`);
      return result as R;
    };
  const core = {
    numberOf: () => 5,
    send: (key: PortKey, lenBytes: number): Sent => {
      call("send")(key, lenBytes);
      return answers.shift() ?? "covered";
    },
    sendPorts: call("sendPorts"),
    cancelLast: call("cancelLast", true),
    finishSend: call("finishSend"),
    closeReceive: call("closeReceive"),
    finishReceive: call("finishReceive"),
    consumed: call("consumed"),
  } as unknown as Core;
  const host: PortHost = {
    core,
    wake() {},
    hurry() {},
    soon() {},
    refuse() {},
    abandon: (ports, cause) => abandoned.push(...ports, cause),
  };
  return { port: new Port(host, 1 as PortKey), calls, abandoned, answer: (...more) => answers.push(...more) };
}

/** What a promise has come to after the microtasks that are queued now. */
async function state(promise: Promise<unknown>): Promise<unknown> {
  let result: unknown = "pending";
  promise.then(
    () => {
      result = "resolved";
    },
    (error: unknown) => {
      result = error;
    },
  );
  for (let at = 0; at < 10; at += 1) await Promise.resolve();
  return result;
}

const BYTES = new Uint8Array(3);
const CLOSED = new CuttleError("remote_closed", "closed");

test("a covered message resolves at once, also while the one before it has not left", async () => {
  const { port } = fake("covered", "covered");
  expect([await state(port.send(BYTES)), await state(port.send(BYTES))]).toEqual(["resolved", "resolved"]);
});

test("behind a waiting message nothing is given to the core, and all goes on in order when it has left", async () => {
  const { port, calls } = fake("waiting", "covered", "waiting", "covered");
  const sends = [1, 2, 3, 4].map((len) => port.send(new Uint8Array(len)));
  expect(calls).toEqual(["send 1"]);
  port.handleSent();
  expect(calls).toEqual(["send 1", "send 2", "send 3"]);
  expect(await Promise.all(sends.map(state))).toEqual(["resolved", "resolved", "pending", "pending"]);
  port.handleSent();
  port.handleSent();
  expect(await Promise.all(sends.map(state))).toEqual(["resolved", "resolved", "resolved", "resolved"]);
  expect(calls.at(-1)).toBe("send 4");
});

test("the end is announced behind everything that was given to send", () => {
  const { port, calls } = fake("waiting", "covered");
  void port.send(new Uint8Array(1));
  void port.send(new Uint8Array(2));
  port.finishSend();
  expect(calls).toEqual(["send 1"]);
  port.handleSent();
  expect(calls).toEqual(["send 1", "send 2", "finishSend"]);
  port.finishSend();
  expect(calls.length).toBe(3);
});

test("sending after the end rejects with local_closed", async () => {
  const { port } = fake();
  port.finishSend();
  expect(await state(port.send(BYTES))).toMatchObject({ code: "local_closed" });
});

test("an aborted message that waits is taken back, and the next one takes its place", async () => {
  const { port, calls, answer } = fake("waiting");
  const abort = new AbortController();
  const first = port.send(new Uint8Array(1), [], { signal: abort.signal });
  const second = port.send(new Uint8Array(2));
  answer("covered");
  abort.abort("enough");
  expect([await state(first), await state(second)]).toEqual(["enough", "resolved"]);
  expect(calls).toEqual(["send 1", "cancelLast", "send 2"]);
});

test("an aborted message in the backlog never reaches the core", async () => {
  const { port, calls } = fake("waiting");
  const abort = new AbortController();
  void port.send(new Uint8Array(1));
  const second = port.send(new Uint8Array(2), [], { signal: abort.signal });
  const third = port.send(new Uint8Array(3));
  abort.abort("enough");
  port.handleSent();
  expect([await state(second), await state(third)]).toEqual(["enough", "resolved"]);
  expect(calls).toEqual(["send 1", "send 3"]);
});

test("an abort of a message that has left, before anybody could hear that it did, takes back no other one", async () => {
  const { port, calls, answer } = fake("waiting");
  const abort = new AbortController();
  const first = port.send(new Uint8Array(1), [], { signal: abort.signal });
  const second = port.send(new Uint8Array(2));
  answer("waiting");
  port.handleSent();
  abort.abort("too late");
  expect([await state(first), await state(second)]).toEqual(["resolved", "pending"]);
  expect(calls).toEqual(["send 1", "send 2"]);
  port.handleSent();
  expect(await state(second)).toBe("resolved");
});

test("a covered message cannot be aborted", async () => {
  const { port, calls } = fake("covered");
  const abort = new AbortController();
  const sending = port.send(BYTES, [], { signal: abort.signal });
  abort.abort("too late");
  expect(await state(sending)).toBe("resolved");
  expect(calls).toEqual(["send 3"]);
});

test("a send that is aborted beforehand does nothing", async () => {
  const { port, calls } = fake();
  expect(await state(port.send(BYTES, [], { signal: AbortSignal.abort("never") }))).toBe("never");
  expect(calls).toEqual([]);
});

test("a message that is given up gives up its ports", async () => {
  const { port, abandoned } = fake("waiting");
  const carried = fake().port;
  const abort = new AbortController();
  void state(port.send(BYTES, [carried], { signal: abort.signal }));
  abort.abort("enough");
  expect(abandoned).toEqual([carried, "enough"]);
});

test("when the peer reads no more, everything that waits rejects with one error, and so do later sends", async () => {
  const { port } = fake("waiting");
  const sends = [port.send(BYTES), port.send(BYTES)];
  port.handleReceiverFinished(true);
  const errors = await Promise.all([...sends.map(state), state(port.send(BYTES))]);
  expect(errors[0]).toMatchObject({ code: "remote_closed", data: { reason: "closed" } });
  expect(new Set(errors).size).toBe(1);
  expect(await port.receiverClosed).toEqual({ graceful: true });
});

test("stopping keeps what is covered and takes back what waits", async () => {
  const { port, calls } = fake("covered", "waiting");
  const sends = [port.send(BYTES), port.send(BYTES), port.send(BYTES)];
  port.stopSending(() => CLOSED);
  expect(await Promise.all(sends.map(state))).toEqual(["resolved", CLOSED, CLOSED]);
  expect(calls).toEqual(["send 3", "send 3", "cancelLast"]);
  expect(port.outgoing(0, BYTES.length).buffer).toBe(BYTES.buffer);
});

test("an end that follows from the end of the connection is not announced", () => {
  const { port, calls } = fake();
  port.handleClosing(() => CLOSED);
  port.finish();
  expect(calls).toEqual([]);
});

test("an end that waits behind what the closing of the connection gives up is not announced", () => {
  const { port, calls } = fake("covered", "waiting");
  void port.send(BYTES);
  for (const waiting of [port.send(BYTES), port.send(BYTES)]) waiting.catch(() => undefined);
  port.finishSend();
  port.handleClosing(() => CLOSED);
  port.handleSent();
  expect(calls).toEqual(["send 3", "send 3"]);
});

test("a failure rejects everything with the same error: sends, the answer, the receiver's end, and receiving", async () => {
  const { port } = fake("waiting");
  const all = [port.send(BYTES), port.send(BYTES), port.opened, port.receiverClosed, port.receive()];
  port.handleFailed(CLOSED);
  expect(await Promise.all(all.map(state))).toEqual(all.map(() => CLOSED));
});

test("credits are paid to the core when a message is taken", async () => {
  const { port, calls } = fake();
  port.handleChunk(new Uint8Array(9), true, true);
  expect([calls, port.bufferedBytes]).toEqual([[], 9]);
  await port.receive();
  expect([calls, port.bufferedBytes]).toEqual([["consumed 9"], 0]);
});
