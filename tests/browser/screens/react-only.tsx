/** What is told of React alone: StrictMode, transitions, Suspense and error boundaries. */

import { Component, type ReactNode, StrictMode, Suspense, startTransition, useLayoutEffect, useState } from "react";
import { createRoot } from "react-dom/client";
import { ObservableMap } from "../../../ts/index.ts";
import { useLive, useSynced } from "../../../ts/react.ts";
import { Screen } from "./react-scene.tsx";
import { countListeners, type Opened, type Scene } from "./stage.ts";

export const strictScene: Scene = (root, shown, rendered) => {
  const app = createRoot(root);
  app.render(
    <StrictMode>
      <Screen {...shown} rendered={rendered} />
    </StrictMode>,
  );
  return () => app.unmount();
};

/** How a value that changes while a transition renders was shown. */
export interface Transition {
  /** Different values that components read while they rendered. */
  read: number;
  /** Different values in each of the commits. */
  committed: number[];
  listeners: number;
}

const READERS = 40;

/** Renders many slow readers of one value in a transition, while that value changes in each pause of it. */
export async function transition(root: HTMLElement): Promise<Transition> {
  const map = new ObservableMap([["value", 0]]);
  const listeners = countListeners(map);
  const read = new Set<number>();
  const committed: number[] = [];
  let show: (isShown: boolean) => void = () => undefined;
  let shown: () => void = () => undefined;
  const isShown = new Promise<void>((resolve) => {
    shown = resolve;
  });

  function Reader() {
    const value = useLive(map, (all) => all.get("value") ?? -1);
    read.add(value);
    const until = performance.now() + 2;
    while (performance.now() < until);
    return <i>{value}</i>;
  }

  function Readers() {
    useLayoutEffect(() => {
      committed.push(new Set(Array.from(root.querySelectorAll("i"), (one) => one.textContent)).size);
      shown();
    });
    return Array.from({ length: READERS }, (_, at) => <Reader key={String(at)} />);
  }

  function Switch() {
    const [isOn, setOn] = useState(false);
    show = setOn;
    return isOn ? <Readers /> : <p>off</p>;
  }

  const app = createRoot(root);
  await new Promise<void>((resolve) => {
    function Ready() {
      useLayoutEffect(resolve, []);
      return <Switch />;
    }
    app.render(<Ready />);
  });
  const changing = setInterval(() => map.set("value", (map.get("value") ?? 0) + 1), 0);
  startTransition(() => show(true));
  await isShown;
  clearInterval(changing);
  app.unmount();
  return { read: read.size, committed, listeners: listeners() };
}

/** What a screen showed in turn, until there are rows or an error. */
export async function suspense(root: HTMLElement, { source }: Opened, maxSize: number): Promise<string[]> {
  const rows = (await source.subscribe()).mirror({ maxSize });
  const shown: string[] = [];
  let end: () => void = () => undefined;
  const ended = new Promise<void>((resolve) => {
    end = resolve;
  });

  function Fallback() {
    useLayoutEffect(() => {
      shown.push("waiting");
    }, []);
    return <p>waiting</p>;
  }

  function Size() {
    const { size } = useSynced(rows);
    useLayoutEffect(() => {
      shown.push(`${size} rows`);
      end();
    }, [size]);
    return <p>{size}</p>;
  }

  class Boundary extends Component<{ children: ReactNode }, { code?: string }> {
    override state: { code?: string } = {};

    static getDerivedStateFromError(error: { code: string }) {
      return { code: error.code };
    }

    override componentDidCatch(error: unknown) {
      shown.push((error as { code: string }).code);
      end();
    }

    override render() {
      return this.state.code ?? this.props.children;
    }
  }

  const app = createRoot(root, { onCaughtError: () => undefined });
  app.render(
    <Boundary>
      <Suspense fallback={<Fallback />}>
        <Size />
      </Suspense>
    </Boundary>,
  );
  await ended;
  app.unmount();
  rows.drop();
  return shown;
}
