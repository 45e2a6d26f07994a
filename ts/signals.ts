/** cuttle/signals: live collections and watch channels as signals of the signals proposal. See docs/frameworks.md. */
export { asSignal, type ReadSignal, type SignalNamespace } from "./screen/signals.ts";
export type { AnyLive, Places } from "./screen/source.ts";
export { synced } from "./screen/synced.ts";
