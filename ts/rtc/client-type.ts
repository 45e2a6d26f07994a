/** How clients and request receivers go into values and come out. PROTOCOL.md section 7. */

import type { HalfCodec } from "../channel/half.ts";
import * as mpsc from "../channel/mpsc.ts";
import { sizeFromWire, sizeToWire } from "../channel/shapes.ts";
import { CuttleError } from "../errors/error.ts";
import type { Descriptor, Infer } from "../schema/descriptor.ts";
import * as t from "../schema/index.ts";
import { transported } from "../schema/transported.ts";
import { type Client, CONTROL, ClientControl, makeClient } from "./client.ts";
import { Requests } from "./requests.ts";
import type { ClientTypeOptions, Methods, Service, WireRequest } from "./service.ts";

const optional = <T>(name: string, type: Descriptor<T>) => t.field(name, t.option(type), { skipNone: true });

/** `XClient`; 0.18 and 0.19 call the limit of replies by another name than 0.20, which alone knows the rest. */
function clientShape(request: Descriptor<WireRequest>) {
  return t.struct("Client", {
    req_tx: mpsc.sender(request),
    max_reply_size: optional("max_reply_size", t.u64),
    max_response_size: optional("max_response_size", t.u64),
    sequential: optional("sequential", t.bool),
    stop_on_error: optional("stop_on_error", t.bool),
    tracing: optional("tracing", tracing),
  });
}

/** When spans of 0.20 are passed on. */
const tracing = /* @__PURE__ */ t.enum("Tracing", { Off: t.unit, Client: t.unit, Server: t.unit, Both: t.unit });

type WireClient = Infer<ReturnType<typeof clientShape>>;

/**
 * Describes clients of a service: `t.client(Counter)`. Whoever receives one calls the server that it came from, over any
 * number of hops. A client can be sent once; clone it to send it again.
 */
export function client<M extends Methods>(service: Service<M>): Descriptor<Client<M>> {
  const options: HalfCodec<Descriptor<WireClient>> & ClientTypeOptions = {
    service,
    embed(value, embedding) {
      const control = (value as Partial<Client> | null | undefined)?.[CONTROL];
      if (!(control instanceof ClientControl) || control.service !== (service as Service)) {
        throw new CuttleError("local_encode", `expected a client of ${service.name}`);
      }
      const size = sizeToWire(control.maxReplyBytes);
      const is20 = embedding.link.mux.peer.generation === "0.20";
      const { sequential = null, stop_on_error = null, tracing = null } = is20 ? (control.passed ?? {}) : {};
      return {
        req_tx: control.sender,
        max_reply_size: is20 ? null : size,
        max_response_size: is20 ? size : null,
        sequential,
        stop_on_error,
        tracing: tracing as WireClient["tracing"],
      };
    },
    receive({ req_tx, max_reply_size, max_response_size, ...passed }) {
      const size = max_response_size ?? max_reply_size;
      const maxReplyBytes = size === null ? Number.POSITIVE_INFINITY : sizeFromWire(BigInt(size));
      return makeClient({ service, sender: req_tx, maxReplyBytes, passed });
    },
  };
  const shape = clientShape(service.wire.request);
  return transported<Client<M>>({ name: `client of ${service.name}`, shape, options });
}

/** Describes the receiving end of requests, `XReqReceiver` of remoc 0.20: whoever gets it serves the clients. */
export function requests<M extends Methods>(service: Service<M>): Descriptor<Requests<M>> {
  const shape = t.struct("ReqReceiver", { req_rx: mpsc.receiver(service.wire.request) });
  const options: HalfCodec<typeof shape> = {
    embed(value) {
      if (value instanceof Requests && value.service === service) return { req_rx: value.receiver };
      throw new CuttleError("local_encode", `expected requests of ${service.name}, made by requestsOf()`);
    },
    receive: ({ req_rx }) => new Requests(service, req_rx),
  };
  return transported<Requests<M>>({ name: `requests of ${service.name}`, shape, options });
}

