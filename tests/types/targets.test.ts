/** What can be connected to, as TypeScript sees it in a page's or a worker's code. */
import { expect, test } from "vitest";
import { connect, consume, provide, type Target, windowTransport } from "../../ts/index.ts";

test("a worker's self, workers of every kind and windows with an origin are targets; others are not", () => {
  const uses = (service: ServiceWorker, shared: SharedWorker, frame: HTMLIFrameElement): void => {
    void connect(self);
    void provide({ hello: () => "hello" }, { to: self });
    void consume<{ hello(): string }>(self);
    const targets: Target[] = [
      service,
      shared,
      shared.port,
      new Worker("x"),
      new RTCPeerConnection().createDataChannel("x"),
    ];
    targets.push(windowTransport(frame.contentWindow, { origin: "https://widget.example" }));
    // @ts-expect-error It has no other side.
    targets.push(new BroadcastChannel("x").name.length);
    // @ts-expect-error Nothing in it to send with.
    void connect({});
  };
  expect(uses).toBeTypeOf("function");
});
