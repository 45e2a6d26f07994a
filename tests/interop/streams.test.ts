/** Real remoc behind other byte streams than TCP: TLS that is ended in front of it, and a program's standard streams. */

import { spawn } from "node:child_process";
import { once } from "node:events";
import { type AddressInfo, connect as connectSocket } from "node:net";
import { connect as connectTls, createServer as createTlsServer, type Server } from "node:tls";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { stdioTransport, streamTransport } from "../../ts/node/index.ts";
import { selfSigned } from "../behaviour/support/certificate.ts";
import { cases, runCase } from "./cases.ts";
import { codecs, useRustPeers, versions, watchEndings } from "./support.ts";

const peerOf = useRustPeers();
const certificate = selfSigned();

const withPort = cases.filter(({ scenario }) => /^(count|requestCount|closeWhileCounting)$/.test(scenario));

/** Ends TLS and passes the bytes on to the port that is set. */
let terminator: Server;
let behind = 0;

beforeAll(async () => {
  terminator = createTlsServer(certificate, (socket) => {
    const plain = connectSocket(behind, "127.0.0.1");
    for (const one of [socket, plain]) one.on("error", () => {});
    socket.pipe(plain).pipe(socket);
  }).listen(0, "127.0.0.1");
  await once(terminator, "listening");
});

afterAll(() => terminator.close());

/** Passes its standard streams on to a port. */
const PIPE = `
const socket = require("node:net").connect(Number(process.argv[1]), "127.0.0.1");
process.stdin.pipe(socket).pipe(process.stdout);
`;

const carriers = {
  TLS: (port: number) => {
    behind = port;
    const address = terminator.address() as AddressInfo;
    return streamTransport(connectTls({ port: address.port, host: "127.0.0.1", ca: certificate.cert }));
  },
  "standard streams": (port: number) =>
    stdioTransport(spawn(process.execPath, ["-e", PIPE, String(port)], { stdio: ["pipe", "pipe", "inherit"] })),
};

describe.each(versions)("remoc %s", (version) => {
  describe.each(Object.entries(carriers))("over %s", (_name, carrier) => {
    describe.each(codecs)("$name", (codec) => {
      test.each(withPort)("$title ($scenario)", async (one) => {
        const peer = peerOf(version);
        const endings = watchEndings(peer);
        await runCase(one, { connectTo: (path) => carrier(Number(peer.info.tcp[path.slice(1)])), codec }, version);
        expect(await endings()).toEqual(["ended orderly"]);
      });
    });
  });
});
