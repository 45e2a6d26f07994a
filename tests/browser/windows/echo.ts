import { connect, t, transfer } from "../../../ts/index.ts";

const conn = await connect(self, { receive: t.struct({ rx: t.bin.receiver, tx: t.bin.sender }) });
const echo = await conn.rx.recv();
if (echo !== undefined) {
  for await (const message of echo.rx) await echo.tx.send(transfer(message));
  echo.tx.close();
}
