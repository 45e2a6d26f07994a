/** Runs `callback` in a task of its own, after the current one and its microtasks; never throttled in hidden tabs. */
export const nextTask: NextTask = makeNextTask();

function makeNextTask(): NextTask {
  const { setImmediate, EdgeRuntime } = globalThis as { setImmediate?: NextTask; EdgeRuntime?: string };
  // The edge runtime has setImmediate and MessageChannel, but they only throw.
  if (EdgeRuntime !== undefined) return (callback) => setTimeout(callback, 0);
  return setImmediate ?? viaMessageChannel();
}

type NextTask = (callback: () => void) => void;

/**
 * A message to oneself is a full task that browsers do not slow down in the background, unlike timers. The channel
 * is made at first use, so that importing the package has no effect.
 */
function viaMessageChannel(): NextTask {
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
