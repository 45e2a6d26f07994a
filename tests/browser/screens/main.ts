/** The page of the tests of screens: scenes of each framework over the same live collections. */

import { example } from "./examples.tsx";
import { gridScene } from "./grid-scene.tsx";
import { strictScene, suspense, type Transition, transition } from "./react-only.tsx";
import { reactScene } from "./react-scene.tsx";
import { signalScene } from "./signal-scene.ts";
import { solidScene } from "./solid-scene.ts";
import { type Opened, open, type Scene } from "./stage.ts";
import { svelteScene } from "./svelte-scene.ts";
import { vueScene } from "./vue-scene.ts";

const scenes = {
  React: reactScene,
  "React in StrictMode": strictScene,
  Vue: vueScene,
  Svelte: svelteScene,
  Solid: solidScene,
  signals: signalScene,
  grid: gridScene,
} satisfies Record<string, Scene>;

/** What tests call. */
export interface Screens {
  /** Shows a scene. */
  mount(name: keyof typeof scenes): Promise<void>;
  unmount(): void;
  setPrice(id: number, price: number): Promise<void>;
  setName(at: number, name: string): Promise<void>;
  restart(count: number): Promise<void>;
  setLoad(value: number): void;
  setQuote(at: number, price: number): Promise<void>;
  quoteSubscribers(): Promise<number>;
  /** How often each row was rendered since this was called last, of those that were. */
  takeRenders(): [id: number, times: number][];
  listeners(): number;
  transition(): Promise<Transition>;
  suspense(maxSize: number): Promise<string[]>;
  example(name: string): ReturnType<typeof example>;
}

let opened: Opened;
let end: () => void;
let renders = new Map<number, number>();
const root = document.getElementById("screen") as HTMLElement;

const screens: Screens = {
  async mount(name) {
    opened = await open();
    end = scenes[name](root, opened, (id) => renders.set(id, (renders.get(id) ?? 0) + 1));
  },
  unmount: () => end(),
  setPrice: async (id, price) => void (await opened.source.setPrice(id, price)),
  setName: async (at, name) => void (await opened.source.setName(at, name)),
  restart: async (count) => void (await opened.source.restart(count)),
  setLoad: (value) => opened.loadTx.send(value),
  setQuote: async (at, price) => void (await opened.source.setQuote(at, price)),
  quoteSubscribers: () => opened.source.quoteSubscribers(),
  takeRenders() {
    const taken = [...renders];
    renders = new Map();
    return taken;
  },
  listeners: () => opened.listeners(),
  transition: () => transition(root),
  suspense: async (maxSize) => suspense(root, await open(), maxSize),
  example: (name) => example(root, name),
};

Object.assign(window, { screens });
