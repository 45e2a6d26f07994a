import { mount, unmount } from "svelte";
import Screen from "./Screen.svelte";
import type { Scene } from "./stage.ts";

export const svelteScene: Scene = (root, shown, rendered) => {
  const screen = mount(Screen, { target: root, props: { ...shown, rendered } });
  return () => void unmount(screen);
};
