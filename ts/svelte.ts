/** cuttle/svelte: live collections and watch channels in Svelte. See docs/frameworks.md. */
export type { AnyLive, Places } from "./screen/source.ts";
export { entry, live, range, type Shown, watched } from "./screen/svelte.ts";
export { synced } from "./screen/synced.ts";
