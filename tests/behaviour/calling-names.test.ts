/** What requests are called: on the wire, and to who asks. */

import { expect, test } from "vitest";
import {
  type ClientOf,
  CuttleError,
  clientControl,
  type Infer,
  type monitor,
  mpsc,
  requestsOf,
  serveObject,
  service,
  t,
} from "../../ts/index.ts";
import { CODECS, pass, withPair } from "./support/pair.ts";

const [postbag] = CODECS as [(typeof CODECS)[number]];

const Desk = service("Desk", {
  ask: t.method("&self", { question: t.str }, t.str),
  close: t.method("&mut self", {}, t.unit),
});

test("TR-24: a request names its trait and its method, to whoever takes it and to monitors of both sides", async () => {
  const seen: string[] = [];
  const sees = (who: string): monitor.Monitor => ({
    admit({ service, method }) {
      seen.push(`${who} ${service}.${method}`);
      return true;
    },
  });
  const type = t.client(Desk);
  await withPair("memory", postbag, { toA: type, toB: type }, async (pair) => {
    const served = serveObject(Desk, { ask: () => "yes", close: () => null }, { monitor: sees("server") });
    const client = await pass(pair.a, pair.b, served.client);
    clientControl(client).monitor = sees("client");
    await client.ask({ question: "?" });
    clientControl(client).close();
    await served.server.done;

    const { client: local, requests } = requestsOf(Desk);
    const other = await pass(pair.b, pair.a, local);
    const answers = Promise.all([other.ask({ question: "!" }), other.close()]);
    for (let count = 0; count < 2; count += 1) {
      const request = await requests.recv();
      seen.push(`taken ${requests.service.name}.${request?.method}`);
      await (request?.method === "ask" ? request.reply(request.args.question) : request?.reply(null));
    }
    expect(await answers).toEqual(["!", null]);
    clientControl(other).close();
    expect(await requests.recv()).toBeUndefined();
  });
  expect(seen).toEqual(["client Desk.ask", "server Desk.ask", "taken Desk.ask", "taken Desk.close"]);
});

/** A trait with `#[serde(rename = "_1")]` on a method and `#[serde(rename = "_3")]` on its argument. */
const Numbered = service("Numbered", {
  twice: t.method("&self", { n: t.field("_3", t.u32) }, t.u32, undefined, { variant: "_1" }),
  plain: t.method("&self", { n: t.u32 }, t.u32, undefined, { variant: "renamed" }),
});

const Answer = t.mpsc.sender(t.result(t.u32, t.callError));
const Raw = t.enum({
  Ref: t.newtype(
    t.enum({ _1: t.struct({ _59: Answer, _3: t.u32 }), renamed: t.struct({ __reply_tx: Answer, n: t.u32 }) }),
  ),
});

test("TR-36 TR-37: a request has the names that the trait gives it, and a numbered one its reply under _59", async () => {
  // The forms of remoc's own types that every release reads.
  const options = {
    both: { capabilities: [] },
    toB: t.struct({ req_tx: t.mpsc.sender(Raw) }),
    bReceives: t.client(Numbered) as never,
  };
  await withPair("memory", postbag, options, async (pair) => {
    const [req_tx, requests] = mpsc.channel(Raw);
    await pair.a.tx.send({ req_tx });
    const client = (await pair.b.rx.recv()) as unknown as ClientOf<typeof Numbered>;
    const answers = Promise.all([client.twice({ n: 4 }), client.plain({ n: 5 })]);
    const answer = async (reply: Infer<typeof Answer>, Ok: number): Promise<void> => {
      await reply.send({ Ok });
      reply.close();
    };
    const twice = (await requests.recv())?.Ref as { _1: { _59: Infer<typeof Answer>; _3: number } };
    await answer(twice._1._59, twice._1._3 * 2);
    const plain = (await requests.recv())?.Ref as { renamed: { __reply_tx: Infer<typeof Answer>; n: number } };
    await answer(plain.renamed.__reply_tx, plain.renamed.n);
    expect(await answers).toEqual([8, 5]);
    clientControl(client).close();
    expect(await requests.recv()).toBeUndefined();
  });
});

test("TR-37: a trait without the attributes has other requests, which are refused, and the service goes on", async () => {
  const Unaware = service("Numbered", { twice: t.method("&self", { n: t.u32 }, t.u32), plain: Numbered.methods.plain });
  const { client, server } = serveObject(Numbered, { twice: ({ n }) => 2 * n, plain: ({ n }) => n });
  await withPair(
    "memory",
    postbag,
    { toB: t.client(Numbered), bReceives: t.client(Unaware) as never },
    async (pair) => {
      await pair.a.tx.send(client);
      const unaware = (await pair.b.rx.recv()) as unknown as ClientOf<typeof Unaware>;
      const refused: unknown = await unaware.twice({ n: 1 }).catch((error: unknown) => error);
      expect(CuttleError.is(refused, "peer_incompatible")).toBe(true);
      expect(await unaware.plain({ n: 3 })).toBe(3);
      clientControl(unaware).close();
      expect(await server.done).toBe("over");
    },
  );
});
