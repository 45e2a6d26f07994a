import { measure } from "./load.ts";

Object.assign(globalThis, { measure });
