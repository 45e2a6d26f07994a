/** What makes another attempt worth while at once: the network is back, or somebody looks at the page again. */

/** Where such events come from; `globalThis` in a page. */
export interface WakeupSource {
  addEventListener?(type: string, listener: () => void): void;
  removeEventListener?(type: string, listener: () => void): void;
  readonly document?: {
    readonly visibilityState: string;
    addEventListener(type: string, listener: () => void): void;
    removeEventListener(type: string, listener: () => void): void;
  };
  readonly navigator?: { readonly onLine?: boolean };
}

/** Whether there is a network, as far as the platform knows. */
export function isOnline(source: WakeupSource): boolean {
  return source.navigator?.onLine !== false;
}

/** Calls `onWakeup` for each; returns what ends it. */
export function watchWakeups(source: WakeupSource, onWakeup: () => void): () => void {
  const onVisibility = (): void => {
    if (source.document?.visibilityState === "visible") onWakeup();
  };
  // `pageshow` comes when a page returns from the back/forward cache, where its connection was lost.
  const events = ["online", "pageshow"];
  for (const event of events) source.addEventListener?.(event, onWakeup);
  source.document?.addEventListener("visibilitychange", onVisibility);
  return () => {
    for (const event of events) source.removeEventListener?.(event, onWakeup);
    source.document?.removeEventListener("visibilitychange", onVisibility);
  };
}
