/// <reference types="vite/client" />

import boardCode from "./canvas/link.ts?raw";
import { CanvasPanel } from "./canvas/panel.ts";
import { Card, type Peer } from "./card.ts";
import { showCode } from "./code.ts";
import { part, setText } from "./dom.ts";
import { FractalPanel } from "./fractal/panel.ts";
import painterCode from "./fractal/worker.ts?raw";
import { connectNode, connectRust, connectWorker } from "./links.ts";
import { arrangePanels, showRegion } from "./panels.ts";
import roomCode from "./room/link.ts?raw";
import { RoomPanel } from "./room/panel.ts";
import { settingsIn } from "./settings.ts";
import { count } from "./snippet.ts";
import snippet from "./snippet.ts?raw";
import type { PageConfig } from "./static.ts";

const always: Peer[] = [
  { id: "node", title: "Node server", about: "The server this page came from.", connect: connectNode },
  { id: "worker", title: "Worker", about: "A thread of this page.", connect: connectWorker },
];

async function main(): Promise<void> {
  arrangePanels(document);
  startPanels();
  await showPeers();
}

/** The first three panels; each has a connection of its own. */
function startPanels(): void {
  const panels = [
    { id: "room", code: roomCode, Panel: RoomPanel },
    { id: "fractal", code: painterCode, Panel: FractalPanel },
    { id: "canvas", code: boardCode, Panel: CanvasPanel },
  ] as const;
  for (const { id, code, Panel } of panels) {
    const root = document.getElementById(id);
    if (root === null) throw new Error(`index.html has no panel ${id}`);
    showRegion(root, code);
    void new Panel(root).connect();
  }
}

async function showPeers(): Promise<void> {
  const settings = settingsIn(document);
  const template = part(document, "card", HTMLTemplateElement);
  const place = part(document, "cards", HTMLElement);
  const cards: Card[] = [];
  const add = (peer: Peer): void => {
    const card = new Card(peer, settings, template);
    cards.push(card);
    place.insertBefore(card.element, hint);
    void card.connect();
  };
  const hint = part(document, "rust-hint", HTMLElement);
  for (const peer of always) add(peer);
  part(document, "start-all", HTMLButtonElement).addEventListener("click", () => {
    for (const card of cards) card.startAll();
  });
  part(document, "stop-all", HTMLButtonElement).addEventListener("click", () => {
    for (const card of cards) card.stopAll();
  });
  showSnippet();
  const rust = await rustPeers();
  for (const peer of rust) add(peer);
  hint.hidden = rust.length > 0;
}

async function rustPeers(): Promise<Peer[]> {
  try {
    const response = await fetch("/config.json");
    const { rust } = (await response.json()) as PageConfig;
    return Object.entries(rust).map(([version, address]) => ({
      id: `rust-${version.replaceAll(".", "-")}`,
      title: `Rust, remoc ${version}`,
      about: "A native program, stock remoc.",
      connect: (onNote) => connectRust(address, onNote),
    }));
  } catch {
    // The card of the server says that it is gone.
    return [];
  }
}

/** The code that is shown is the code that runs. */
function showSnippet(): void {
  const page = part(document, "snippet", HTMLElement);
  const other = part(document, "rust-snippet", HTMLElement);
  const run = part(document, "run", HTMLButtonElement);
  const output = part(document, "output", HTMLElement);
  showCode(page, snippet.replace("../ts/index.ts", "cuttle").trim(), "ts");
  showCode(other, (other.textContent ?? "").trim(), "rust");
  const onRun = async (): Promise<void> => {
    const received: number[] = [];
    setText(output, "…");
    try {
      await count("/count", (number) => received.push(number));
      setText(output, received.join(" "));
    } catch (error) {
      setText(output, error instanceof Error ? error.message : String(error));
    }
  };
  run.addEventListener("click", () => void onRun());
}

await main();
