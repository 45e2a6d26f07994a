/** Counts in a page and in a worker of it, each over a WebSocket to where the page came from, and shows the results. */
import { count } from "./count.js";

const url = `${location.origin.replace("http", "ws")}/count`;
const worker = new Worker(new URL("./worker.js", import.meta.url), { type: "module" });
const answered = new Promise((resolve) => {
  worker.onmessage = ({ data }) => resolve(data);
  worker.onerror = ({ message }) => resolve(message);
});
worker.postMessage(url);
void Promise.all([count(url), answered].map((result) => result.catch(String))).then((shown) => {
  document.title = shown.join(", ");
});
