/** Holds the README to its word: its code is the code of docs/examples/, and that code runs here. */

import { existsSync } from "node:fs";
import { join } from "node:path";
import { MessageChannel } from "node:worker_threads";
import { describe, expect, test } from "vitest";
import { ask } from "../../docs/examples/ask-client.ts";
import { listen } from "../../docs/examples/ask-server.ts";
import { page, worker } from "../../docs/examples/squares.ts";
import { blocks, read, region, root } from "./examples.ts";

const readme = read("README.md");
const program = ["ts", "rust", "tsx", "js"];

describe("the README", () => {
  const code = blocks(readme).filter(({ language }) => program.includes(language));

  test("shows code, and every block of it names the file that it comes from", () => {
    expect(code.length).toBeGreaterThanOrEqual(4);
    expect(code.filter(({ file }) => file === undefined)).toEqual([]);
  });

  test.each(code.map(({ file, code }) => [file ?? "", code] as const))("shows %s as it is", (file, shown) => {
    expect(shown).toBe(region(file));
  });

  test("links only to files that exist", () => {
    const targets = [...readme.matchAll(/\]\(([^)#:]+)(?:#[^)]*)?\)/g)].map(([, target = ""]) => target);
    expect(targets.length).toBeGreaterThan(0);
    expect(targets.filter((target) => !existsSync(join(root, target)))).toEqual([]);
  });
});

describe("the README's examples", () => {
  test("a Node server answers a client, each answer over the channel in its question", async () => {
    await using server = await listen(0);
    expect(await ask(server.url, "hello")).toBe("HELLO");
    expect(await Promise.all(["a", "b"].map((text) => ask(server.url, text)))).toEqual(["A", "B"]);
  });

  test("a page and a worker exchange both halves of two channels over a MessagePort", async () => {
    const { port1, port2 } = new MessageChannel();
    const [squares] = await Promise.all([page(port1), worker(port2)]);
    expect(squares).toEqual([1, 4, 9]);
  });
});
