/** cuttle/react: live collections and watch channels in React. See docs/frameworks.md. */
export { useEntry, useLive, useRange, useSynced, useWatch } from "./screen/react.ts";
export type { AnyLive, Places } from "./screen/source.ts";
