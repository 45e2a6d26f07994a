import { dirname } from "node:path";

// The tools are in the folder above.
export default { turbopack: { root: dirname(import.meta.dirname) } };
