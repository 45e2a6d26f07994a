/** Runs `callback` in a task of its own, after the current one and its microtasks; never throttled in hidden tabs. */
export const nextTask: (callback: () => void) => void = makeNextTask();

function makeNextTask(): (callback: () => void) => void {
  const { setImmediate, EdgeRuntime, MessageChannel } = globalThis as Globals;
  // The edge runtime has one that only throws.
  if (setImmediate !== undefined && EdgeRuntime === undefined) return setImmediate;
  if (MessageChannel !== undefined) return viaMessageChannel();
  return (callback) => setTimeout(callback, 0);
}

interface Globals {
  setImmediate?: (callback: () => void) => void;
  EdgeRuntime?: string;
  MessageChannel?: unknown;
}

/**
 * A message to oneself is a full task that browsers do not slow down in the background, unlike timers. The channel
 * is made at first use, so that importing the package has no effect.
 */
function viaMessageChannel(): (callback: () => void) => void {
  const queue: (() => void)[] = [];
  let port: MessagePort | undefined;
  return (callback) => {
    if (port === undefined) {
      const channel = new MessageChannel();
      channel.port1.onmessage = () => queue.shift()?.();
      port = channel.port2;
    }
    queue.push(callback);
    port.postMessage(null);
  };
}
