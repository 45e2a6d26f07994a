/** Runs `callback` in a task of its own, after the current one and its microtasks; never throttled in hidden tabs. */
export const nextTask: (callback: () => void) => void = makeNextTask();

function makeNextTask(): (callback: () => void) => void {
  const immediate = (globalThis as { setImmediate?: (callback: () => void) => void }).setImmediate;
  if (typeof immediate === "function") return immediate;
  return viaMessageChannel();
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
