/** Small messages per second that nobody answers: numbers, over one channel and over 64. */

import type { RivalId } from "./rivals/index.ts";
import type { Host } from "./support/hosts.ts";
import { row } from "./support/report.ts";
import { bench, bestRival, chosen, nameOf, rounds, type Session } from "./support/session.ts";
import { median } from "./support/statistics.ts";

const OVER_SOCKETS: readonly RivalId[] = ["cuttle", "qmux", "capnweb", "trpc", "socketio", "birpc", "raw"];
const IN_WORKERS: readonly RivalId[] = ["cuttle", "capnweb", "birpc", "comlink", "raw"];

/** The best of the others, by server and direction. */
const best = new Map<string, ReturnType<typeof bestRival>>();

await bench("messages", async (session) => {
  for (const direction of ["up", "down"] as const) {
    for (const channels of [1, 64]) {
      await compare(session, session.chromium, "Node", { direction, channels });
      await compare(session, session.chromium, "worker", { direction, channels });
    }
  }
});

interface Load {
  direction: "up" | "down";
  channels: number;
}

async function compare(session: Session, host: Host, to: "Node" | "worker", load: Load): Promise<void> {
  const { quick, rows } = session;
  const all = to === "worker" ? IN_WORKERS : OVER_SOCKETS;
  // The others have no channels, hence the same numbers again.
  const subjects = chosen(all).filter((rival) => load.channels === 1 || rival === "cuttle");
  const count = quick ? 2_000 : 50_000;
  const results = await rounds(quick ? 1 : 5, subjects, async (rival) => {
    const place = to === "worker" ? to : await session.servers.url(rival);
    return await host.run("messages", { rival, place, count, ...load });
  });
  const rates = new Map([...results].map(([rival, values]) => [rival, values.filter((value) => value !== null)]));
  const over = load.channels === 1 ? "one channel" : `${load.channels} channels`;
  const title = `${host.name} ${load.direction === "up" ? "to" : "from"} ${to}, ${over}`;
  for (const [rival, values] of rates) {
    if (values.length > 0) rows.push(row(`${title}, ${nameOf(rival)}`, "messages/s", values));
  }
  if (load.channels === 1) best.set(`${to} ${load.direction}`, bestRival(rates));
  const rival = best.get(`${to} ${load.direction}`);
  const ours = rates.get("cuttle") ?? [];
  if (rival === undefined || ours.length === 0) return;
  rows.push({
    name: `${title}, cuttle by the best that carries values`,
    value: median(ours) / rival.value,
    unit: "x",
    rival: nameOf(rival.id),
    ...(to === "Node" ? { goal: ">= 10" } : {}),
  });
}
