import { count } from "./count.js";

addEventListener("message", async ({ data }) => {
  postMessage(await count(data).catch(String));
});
