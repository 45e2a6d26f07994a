import { connect, memoryPair, t } from "cuttle";

export const runtime = "edge";
export const dynamic = "force-dynamic";

/** The edge runtime has no WebSocket, so two ends in memory talk to each other. */
export async function GET() {
  return new Response(await talk().catch(String));
}

async function talk() {
  const { a, b } = memoryPair();
  const [here, there] = await Promise.all([connect(a, { send: t.str }), connect(b, { receive: t.str })]);
  const [text] = await Promise.all([there.rx.recv(), here.tx.send("0 1 2 3 4")]);
  await Promise.all([here.close(), there.close()]);
  return text;
}
