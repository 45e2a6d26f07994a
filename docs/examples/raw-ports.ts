/** Ports without channels: bytes, requests for ports, and passing both on. */

// #region readme
import { connectMux, type RawPort, type Target } from "../../ts/mux.ts";

/** Sends back what comes on every port that is requested, as long as there are some. */
export async function echo(target: Target): Promise<void> {
  const mux = await connectMux(target);
  for await (const request of mux) {
    if (request.id === 0) request.reject();
    else back(request.accept()).catch(() => {}); // the connection ended
  }
}

async function back(port: RawPort): Promise<void> {
  for await (const message of port) await port.send(message);
  port.finish();
}

/** Sends a message in pieces, and receives it whole. */
export async function ask(target: Target): Promise<string> {
  await using mux = await connectMux(target);
  const port = await mux.open({ id: 7 });
  const writer = port.startMessage(); // a message whose length is not known
  await writer.send(new TextEncoder().encode("piece "));
  await writer.end(new TextEncoder().encode("by piece"));
  return await text(port);
}

async function text(port: RawPort): Promise<string> {
  const message = await port.receive();
  return message?.kind === "bytes" ? new TextDecoder().decode(message.bytes) : "";
}
// #endregion
