import { provide } from "../../../ts/index.ts";
import { makeApi } from "./api.ts";

await provide(makeApi());
