/** The same through `require()`, which takes modules that await nothing at their top. */
const { connect, mpsc, t } = require("cuttle");

const CountReq = t.struct({ up_to: t.u32, seq_tx: t.mpsc.sender(t.u32) });

async function main(url) {
  const server = globalThis.WebSocket ? url : new (require("ws").WebSocket)(url);
  const conn = await connect(server, { send: CountReq });
  const [seq_tx, seq_rx] = mpsc.channel(t.u32);
  await conn.tx.send({ up_to: 5, seq_tx });
  const numbers = [];
  for await (const number of seq_rx) numbers.push(number);
  await conn.close();
  console.log(numbers.join(" "));
}

void main(process.argv[2]);
