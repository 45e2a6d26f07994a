import { type RivalId, rivals } from "../rivals/index.ts";
import type { Client } from "../rivals/rival.ts";

/** Which library, and where its server is: at a URL, or in a worker of this page. */
export interface Subject {
  rival: RivalId;
  place: string | "worker";
}

/** Connects, hands the client to `body`, and lets go of everything when that settles. */
export async function withClient<C extends Client, T>(
  { rival, place }: Subject,
  body: (client: C) => Promise<T>,
): Promise<T> {
  const worker = place === "worker" ? await startWorker(rival) : undefined;
  const client = await rivals[rival].connect(worker ?? place);
  try {
    return await body(client as C);
  } finally {
    await client.close();
    worker?.terminate();
  }
}

/** Resolves when it listens; some libraries lose what is posted before. */
async function startWorker(rival: RivalId): Promise<Worker> {
  const worker = new Worker(new URL("../page/worker.ts", import.meta.url), { type: "module", name: rival });
  await new Promise((resolve, reject) => {
    worker.addEventListener("message", resolve, { once: true });
    worker.addEventListener("error", reject, { once: true });
  });
  return worker;
}
