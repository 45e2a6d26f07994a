import { mpsc, oneshot, t } from "../../ts/index.ts";
import { type Ending, type Route, session } from "./session.ts";
import { Tree, type TreeLeaf } from "./types.ts";

/** Halves that stay here while their other halves travel in a tree. */
interface Kept {
  told: [path: string, receiver: mpsc.Receiver<string>][];
  sums: [path: string, answer: oneshot.Receiver<string>, numbers: mpsc.Sender<number>][];
}

/**
 * Sends a tree of channel halves, `depth` levels with `width` children each, and uses all of them. `wrong` lists what
 * did not tell its own path or sum.
 */
export async function tree(
  route: Route,
  { depth, width }: { depth: number; width: number },
): Promise<{ halves: number; wrong: string[]; ending: Ending }> {
  return await session(route, "tree", { send: Tree }, async (conn) => {
    const kept: Kept = { told: [], sums: [] };
    await conn.tx.send(grow("root", "root", { depth, width }, kept));
    const wrong: string[] = [];
    for (const [path, receiver] of kept.told) {
      const texts: string[] = [];
      for await (const text of receiver) texts.push(text);
      if (texts.length !== 1 || texts[0] !== path) wrong.push(`${path}: ${JSON.stringify(texts)}`);
    }
    for (const [path, answer, numbers] of kept.sums) {
      for (const number of [1, 2, path.length]) await numbers.send(number);
      numbers.close();
      const sum = await answer.recv();
      if (sum !== String(3 + path.length)) wrong.push(`${path}: ${sum}`);
    }
    return { halves: kept.told.length + 2 * kept.sums.length, wrong };
  });
}

function grow(name: string, path: string, size: { depth: number; width: number }, kept: Kept): Tree {
  const { depth, width } = size;
  // Every second level has no sender of its own, so that both forms of an option occur.
  const tx = depth % 2 === 0 ? null : keptSender(path, kept);
  const [a, answer] = oneshot.channel(t.str);
  const [numbers, b] = mpsc.channel(t.u32);
  kept.sums.push([`${path}/pair`, answer, numbers]);
  const extra = new Map<string, readonly [number, TreeLeaf]>([
    ["none", [0, "None"]],
    ["pair", [1, { Pair: { a, b } }]],
    ["tx", [2, { Tx: keptSender(`${path}/tx`, kept) }]],
  ]);
  const names = depth === 0 ? [] : Array.from({ length: width }, (_, index) => `child${index}`);
  const children = names.map((child) => grow(child, `${path}/${child}`, { depth: depth - 1, width }, kept));
  return { name, tx, children, extra };
}

function keptSender(path: string, kept: Kept): mpsc.Sender<string> {
  const [sender, receiver] = mpsc.channel(t.str);
  kept.told.push([path, receiver]);
  return sender;
}
