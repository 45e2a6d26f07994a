/** A connection whose frames are recorded. */

// #region readme
import { writeFile } from "node:fs/promises";
import { connect, type Target, t } from "../../ts/index.ts";
import { Trace } from "../../ts/mux.ts";

export async function traced(target: Target, file: string): Promise<void> {
  const trace = new Trace({ payloadBytes: 0 }); // nothing that the program sends is kept
  const conn = await connect(target, { send: t.str, trace });
  try {
    await conn.tx.send("hello");
  } finally {
    await conn.close();
    await writeFile(file, trace.bytes());
  }
}
// #endregion
