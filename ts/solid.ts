/** cuttle/solid: live collections and watch channels in Solid. See docs/frameworks.md. */
export { createEntry, createLive, createRange, createWatch, type MaybeAccessor } from "./screen/solid.ts";
export type { AnyLive, Places } from "./screen/source.ts";
export { synced } from "./screen/synced.ts";
