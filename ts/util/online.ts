/** Calls `callback` when the platform says that there is a network again; returns what ends that. Node never says so. */
export function onOnline(callback: () => void): () => void {
  const source: Partial<Pick<EventTarget, "addEventListener" | "removeEventListener">> = globalThis;
  source.addEventListener?.("online", callback);
  return () => source.removeEventListener?.("online", callback);
}
