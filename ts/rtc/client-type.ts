/** How clients and request receivers go into values and come out. PROTOCOL.md section 15. */

import type { HalfCodec } from "../channel/half.ts";
import * as mpsc from "../channel/mpsc.ts";
import { DEFAULT_MAX_ITEM_BYTES, sizeFromWire, sizeToWire } from "../channel/shapes.ts";
import { CuttleError } from "../errors/error.ts";
import type { Descriptor, Infer } from "../schema/descriptor.ts";
import * as t from "../schema/index.ts";
import { transported } from "../schema/transported.ts";
import { type Client, ClientControl, CONTROL, makeClient, type PassedOptions } from "./client.ts";
import { Requests } from "./requests.ts";
import type { ClientTypeOptions, Methods, Service, WireRequest } from "./service.ts";

/** `XClient` of 0.18 and 0.19. */
function clientShape18(request: Descriptor<WireRequest>) {
  return t.struct("Client", {
    req_tx: mpsc.sender(request),
    max_reply_size: t.withDefault(t.u64, U64_MAX),
  });
}

/** `XClient` of 0.20: another name, and options that are only passed on. */
function clientShape20(request: Descriptor<WireRequest>) {
  return t.struct("Client", {
    req_tx: mpsc.sender(request),
    max_response_size: t.withDefault(t.u64, BigInt(DEFAULT_MAX_ITEM_BYTES)),
    sequential: t.withDefault(t.bool, false),
    stop_on_error: t.withDefault(t.bool, false),
    tracing: t.withDefault(tracing, "Both"),
  });
}

/** When spans of 0.20 are passed on. */
const tracing = /* @__PURE__ */ t.enum("Tracing", { Off: t.unit, Client: t.unit, Server: t.unit, Both: t.unit });

type Client18 = Infer<ReturnType<typeof clientShape18>>;
type Client20 = Infer<ReturnType<typeof clientShape20>>;

/**
 * Describes clients of a service: `t.client(Counter)`. Whoever receives one calls the server that it came from, over any
 * number of hops. A client can be sent once; clone it to send it again.
 */
export function client<M extends Methods>(service: Service<M>): Descriptor<Client<M>> {
  const shape = clientShape18(service.wire.request);
  const shape20 = clientShape20(service.wire.request);
  const options: HalfCodec<Descriptor<Client18 | Client20>> & ClientTypeOptions = {
    service,
    shapeFor: (generation) => (generation === "0.20" ? shape20 : shape),
    embed(value, embedding) {
      const control = (value as Partial<Client> | null | undefined)?.[CONTROL];
      if (!(control instanceof ClientControl) || control.service !== (service as Service)) {
        throw new CuttleError("local_encode", `expected a client of ${service.name}`);
      }
      const { sender: req_tx, passed } = control;
      const size = sizeToWire(control.maxReplyBytes);
      if (embedding.link.mux.peer.generation !== "0.20") return { req_tx, max_reply_size: size };
      return { req_tx, max_response_size: size, ...(passed ?? DEFAULT_OPTIONS) };
    },
    receive(plain) {
      if ("max_reply_size" in plain) {
        const { req_tx, max_reply_size: size } = plain;
        return makeClient({ service, sender: req_tx, maxReplyBytes: sizeFromWire(BigInt(size)) });
      }
      const { req_tx, max_response_size: size, ...passed } = plain;
      return makeClient({ service, sender: req_tx, maxReplyBytes: sizeFromWire(BigInt(size)), passed });
    },
  };
  return transported<Client<M>>({ name: `client of ${service.name}`, shape, options });
}

/** What a client of 0.20 has unless it says something else. */
const DEFAULT_OPTIONS: PassedOptions = { sequential: false, stop_on_error: false, tracing: "Both" };

const U64_MAX = 0xffff_ffff_ffff_ffffn;

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
