/** A page by HTTP, and numbers by WebTransport, on the same port of TCP and UDP. */
import { provide, webStreamTransport } from "cuttle";

const { Deno } = globalThis;

const { CERTIFICATE: cert, KEY: key, PORT } = Deno.env.toObject();
const port = Number(PORT);
const hostname = "127.0.0.1";
const listener = new Deno.QuicEndpoint({ hostname, port }).listen({ cert, key, alpnProtocols: ["h3"] });
const files = { "/": ["index.html", "text/html"], "/cuttle.js": ["cuttle.js", "text/javascript"] };

Deno.serve({ hostname, port }, async ({ url }) => {
  const [file, type] = files[new URL(url).pathname] ?? [];
  if (file === undefined) return new Response(null, { status: 404 });
  return new Response(await Deno.readFile(file), { headers: { "Content-Type": type } });
});

for await (const incoming of listener) void serve(incoming);

/** Serves whoever opens streams, each with a connection of its own. */
async function serve(incoming) {
  const session = await Deno.upgradeWebTransport(await incoming.accept());
  await session.ready;
  for await (const streams of session.incomingBidirectionalStreams) {
    void provide({ below, echo: (bytes) => bytes }, { to: webStreamTransport(streams) });
  }
}

/** The numbers below `upTo`, one after the other. */
async function* below(upTo) {
  for (let number = 0; number < upTo; number++) yield number;
}
