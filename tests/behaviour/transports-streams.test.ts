/** Byte streams of Node: TLS, Unix sockets, standard streams, any Duplex. */

import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { type AddressInfo, connect as connectSocket, createServer, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Duplex, duplexPair } from "node:stream";
import { connect as connectTls, createServer as createTlsServer, type TLSSocket } from "node:tls";
import { afterEach, describe, expect, test } from "vitest";
import type { Tools } from "../../docs/examples/stdio-child.ts";
import { shout } from "../../docs/examples/stdio-parent.ts";
import { type CuttleError, connectionOf, service, t } from "../../ts/index.ts";
import { connect, consume, provide, streamTransport } from "../../ts/node/index.ts";
import { describeTransport } from "../../ts/transport/compliance.ts";
import { selfSigned } from "./support/certificate.ts";
import { codeOf, errorOf, outcome } from "./support/wait.ts";

const api = { hello: (name: string): string => `hello ${name}` };
const certificate = selfSigned();
/** A busy machine takes its time to start a process. */
const PATIENT = { handshakeTimeoutMs: 80_000 };
const child = join(import.meta.dirname, "..", "..", "docs", "examples", "stdio-child.ts");

async function tlsPair(): Promise<{ near: TLSSocket; far: TLSSocket; dispose(): Promise<void> }> {
  const server = createTlsServer(certificate).listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  const near = connectTls({ port, host: "127.0.0.1", ca: certificate.cert });
  const [far] = (await once(server, "secureConnection")) as [TLSSocket];
  return {
    near,
    far,
    async dispose() {
      near.destroy();
      far.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

describeTransport("TLS", async () => {
  const { near, far, dispose } = await tlsPair();
  const options = { maxFrameBytes: 1024 * 1024 };
  return { a: streamTransport(near, options), b: streamTransport(far, options), dispose };
});

describeTransport("Unix socket", async () => {
  const folder = await mkdtemp(join(tmpdir(), "cuttle-"));
  const path = join(folder, "socket");
  const server = createServer().listen(path);
  await once(server, "listening");
  const near = connectSocket(path);
  const [far] = (await once(server, "connection")) as [Socket];
  const options = { maxFrameBytes: 1024 * 1024 };
  return {
    a: streamTransport(near, options),
    b: streamTransport(far, options),
    async dispose() {
      near.destroy();
      far.destroy();
      await new Promise((resolve) => server.close(resolve));
      await rm(folder, { recursive: true });
    },
  };
});

describeTransport("Duplex", () => {
  const [near, far] = duplexPair();
  const options = { maxFrameBytes: 1024 * 1024 };
  return { a: streamTransport(near, options), b: streamTransport(far, options), dispose() {} };
});

describe("TLS", () => {
  test("a connection is made in the call that connects the socket, and carries objects", async () => {
    const { near, far, dispose } = await tlsPair();
    const [connection, remote] = await Promise.all([provide(api, { to: far }), consume<typeof api>(near)]);
    expect(await remote.hello("you")).toBe("hello you");
    await connectionOf(remote).close();
    await connection.closed;
    await dispose();
  });

  test("a certificate that nobody vouches for is a transport that cannot be opened, with the reason", async () => {
    const server = createTlsServer(certificate).listen(0, "127.0.0.1");
    await once(server, "listening");
    const { port } = server.address() as AddressInfo;
    const error = await errorOf(connect(connectTls({ port, host: "127.0.0.1" })));
    expect(error).toMatchObject({ code: "transport_connect", message: expect.stringMatching(/self-signed/) });
    await new Promise((resolve) => server.close(resolve));
  });
});

describe("provided over standard streams", () => {
  const started: ChildProcess[] = [];
  afterEach(() => {
    for (const one of started.splice(0)) one.kill("SIGKILL");
  });

  function start(code: string): ChildProcess {
    const one = spawn(process.execPath, ["--input-type=module", "-e", code], { stdio: ["pipe", "pipe", "ignore"] });
    started.push(one);
    return one;
  }

  test("a child provides to whoever started it, and ends with the connection", async () => {
    expect(await shout(child, "hello")).toBe("HELLO");
    const process_ = spawn(process.execPath, [child], { stdio: ["pipe", "pipe", "ignore"] });
    const exited = once(process_, "exit");
    const tools = await consume<Tools>(process_, PATIENT);
    expect(await tools.pid()).toBe(process_.pid);
    await connectionOf(tools).close();
    expect(await exited).toEqual([0, null]);
  }, 90_000);

  test("T07: a child that is killed in the middle of a call loses the connection", async () => {
    const process_ = spawn(process.execPath, [child], { stdio: ["pipe", "pipe", "ignore"] });
    const tools = await consume<Tools>(process_, PATIENT);
    const { closed } = connectionOf(tools);
    await tools.pid();
    process_.kill("SIGKILL");
    expect(await codeOf(closed)).toBe("transport_lost");
  }, 90_000);

  test("a child that prints to stdout, or ends at once, does not speak remoc", async () => {
    const failure = (code: string): Promise<unknown> =>
      connect(start(code), PATIENT).then(
        () => "connected",
        (error: CuttleError) => error.code,
      );
    expect(await failure("console.log('x'.repeat(9000)); setInterval(() => {}, 1000)")).toBe("peer_not_remoc");
    expect(await failure("process.exit(1)")).toBe("peer_not_remoc");
  }, 90_000);

  test("a child without pipes is refused with a hint", async () => {
    const process_ = spawn(process.execPath, ["-e", ""], { stdio: "ignore" });
    expect(await errorOf(connect(process_))).toMatchObject({
      code: "local_misuse",
      message: expect.stringMatching(/stdio: \["pipe"/),
    });
    await once(process_, "exit");
  });
});

describe("any Duplex is a target of connect, provide and consume", () => {
  test("values, objects and remote traits", async () => {
    const [a, b] = duplexPair();
    const [, value] = await Promise.all([provide(t.str, "a value", { to: a }), consume(t.str, b)]);
    expect(value).toBe("a value");
    const Hello = service("Hello", { hello: t.method("&self", { name: t.str }, t.str) });
    const [c, d] = duplexPair();
    const [served, client] = await Promise.all([
      provide(Hello, { hello: async ({ name }) => `hello ${name}` }, { to: c }),
      consume(Hello, d),
    ]);
    expect(await client.hello({ name: "you" })).toBe("hello you");
    await served.close();
  });

  test("a Duplex that fails while connecting, and one that only reads", async () => {
    const broken = new Duplex({ read() {}, write: (_chunk, _encoding, done) => done(new Error("no luck")) });
    expect(await errorOf(connect(broken))).toMatchObject({ message: expect.stringMatching(/no luck/) });
    const ended = new Duplex({ read() {}, write: (_chunk, _encoding, done) => done() });
    ended.end();
    expect(await codeOf(connect(ended))).toBe("transport_connect");
  });

  test("an aborted signal is obeyed before anything is done", async () => {
    const [a] = duplexPair();
    const aborted = await outcome(connect(a, { signal: AbortSignal.abort("no") }));
    expect(aborted).toEqual({ error: "no" });
    expect(a.destroyed).toBe(false);
  });
});
