/** What can be done with functions that travel, as `functions`. */
export { call, clone, closed, provide, release } from "./function.ts";
export type { FunctionProvider } from "./function-provider.ts";
