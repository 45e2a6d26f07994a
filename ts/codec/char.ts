export { isChar, LONE_SURROGATE } from "../schema/char.ts";
