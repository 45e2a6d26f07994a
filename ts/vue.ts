/** cuttle/vue: live collections and watch channels in Vue. See docs/frameworks.md. */
export type { AnyLive, Places } from "./screen/source.ts";
export { synced } from "./screen/synced.ts";
export { useEntry, useLive, useRange, useWatch } from "./screen/vue.ts";
