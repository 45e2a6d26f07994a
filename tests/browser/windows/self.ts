import { connect, t } from "../../../ts/index.ts";

const conn = await connect(self, { send: t.str, receive: t.str });
for await (const text of conn.rx) await conn.tx.send(text.toUpperCase());
conn.tx.close();
