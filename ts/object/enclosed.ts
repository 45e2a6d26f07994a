import * as mpsc from "../channel/mpsc.ts";

/** A sender that was made for one value. When that value is not sent after all, nobody has it: it closes. */
class Enclosed<T> extends mpsc.Sender<T> {
  /** @internal */
  override giveBack(): void {
    super.giveBack();
    this.close();
  }
}

/** Another sender of the same channel, to be put into one value. */
export function enclosedClone<T>(sender: mpsc.Sender<T>): mpsc.Sender<T> {
  return enclosed(sender.clone());
}

/** Makes a channel whose sender is put into one value. */
export function enclosedChannel<T>(...args: Parameters<typeof mpsc.channel<T>>): [mpsc.Sender<T>, mpsc.Receiver<T>] {
  const [sender, receiver] = mpsc.channel(...args);
  return [enclosed(sender), receiver];
}

/** Takes the place of `sender`. */
function enclosed<T>(sender: mpsc.Sender<T>): Enclosed<T> {
  const one = new Enclosed(sender.end);
  sender.close();
  return one;
}
