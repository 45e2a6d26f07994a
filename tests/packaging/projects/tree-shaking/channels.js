import { connect, mpsc } from "cuttle";
import * as t from "cuttle/t";

const Numbers = t.struct({ tx: t.mpsc.sender(t.u32) });
const conn = connect("/numbers", { send: Numbers });
void conn.then(({ tx }) => tx.send({ tx: mpsc.channel(t.u32)[0] }));
