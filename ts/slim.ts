/** As `cuttle`, built without the core inside: `init()` says where it comes from. */
export * from "./index.ts";
