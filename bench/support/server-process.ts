/** A process with the server of one library, named by the argument; tells its parent the URL and ends with it. */

import type { RivalId } from "../rivals/index.ts";
import { servers } from "../servers/index.ts";

const url = await servers[process.argv[2] as RivalId]?.();
process.send?.({ url });
process.on("disconnect", () => process.exit(0));
