/** How request receivers go into values and come out. PROTOCOL.md section 15. */

import type { HalfCodec } from "../channel/half.ts";
import * as mpsc from "../channel/mpsc.ts";
import { CuttleError } from "../errors/error.ts";
import type { Descriptor } from "../schema/descriptor.ts";
import { numberedStruct } from "../schema/numbered.ts";
import { transported } from "../schema/transported.ts";
import { movesAway } from "./apart.ts";
import { forwardTo } from "./forward.ts";
import { Requests } from "./requests.ts";
import type { Methods, Service, WireRequest } from "./service.ts";

/** Describes the receiving end of requests, `XReqReceiver` of remoc 0.20: whoever gets it serves the clients. */
export function requests<M extends Methods>(service: Service<M>): Descriptor<Requests<M>> {
  const shape = numberedStruct("ReqReceiver", { req_rx: mpsc.receiver(service.wire.request) });
  const options: HalfCodec<typeof shape> = {
    embed(value) {
      if (value instanceof Requests && value.service === service)
        return { req_rx: whole(value as unknown as Requests) };
      throw new CuttleError("local_encode", `expected requests of ${service.name}, made by requestsOf()`);
    },
    receive: ({ req_rx }) => new Requests(service, req_rx),
  };
  return transported<Requests<M>>({ name: `requests of ${service.name}`, shape, options });
}

/** What is sent away: who gets it may not know requests that come apart, which clients of these were told to send. */
function whole(requests: Requests): mpsc.Receiver<WireRequest> {
  const { receiver, service } = requests;
  if (!movesAway(receiver.end.queue)) return receiver;
  const { maxItemBytes } = receiver;
  const [sender, made] = mpsc.channel(service.wire.request, { capacity: 0, maxItemBytes });
  void forwardTo(requests, sender, (request) => sender.send(request)).finally(() => sender.close());
  const joined = new Joined(made.end);
  made.drop();
  return joined;
}

/** A receiver that was made for one value. When that is not sent after all, nobody has it: callers are told. */
class Joined<T> extends mpsc.Receiver<T> {
  /** @internal */
  override giveBack(): void {
    super.giveBack();
    this.drop();
  }
}
