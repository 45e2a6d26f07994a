/** How clients and request receivers go into values and come out. PROTOCOL.md section 15. */

import type { HalfCodec } from "../channel/half.ts";
import * as mpsc from "../channel/mpsc.ts";
import { DEFAULT_MAX_ITEM_BYTES, sizeFromWire, sizeToWire } from "../channel/shapes.ts";
import { CuttleError } from "../errors/error.ts";
import type { Descriptor } from "../schema/descriptor.ts";
import * as t from "../schema/index.ts";
import { numberedStruct } from "../schema/numbered.ts";
import { transported } from "../schema/transported.ts";
import { tellApart } from "./apart.ts";
import { type Client, ClientControl, makeClient } from "./client.ts";
import { CONTROL } from "./control.ts";
import type { ClientTypeOptions, Methods, Service, WireRequest } from "./service.ts";
import { tracingMode } from "./tracing.ts";

/** `XClient`: its options, and another name of its limit, are of 0.20. */
function clientShape(request: Descriptor<WireRequest>) {
  const req_tx = mpsc.sender(request);
  return numberedStruct(
    "Client",
    { req_tx, max_response_size: responseLimit, sequential: flag, stop_on_error: flag, tracing: tracingMode, apart },
    { old: { req_tx, max_response_size: t.field("max_reply_size", t.withDefault(t.u64, U64_MAX)), apart } },
  );
}

const responseLimit = /* @__PURE__ */ t.withDefault(t.u64, /* @__PURE__ */ BigInt(DEFAULT_MAX_ITEM_BYTES));
const flag = /* @__PURE__ */ t.withDefault(t.bool, false);
/** Large requests may come apart; only this library says so, and Rust programs step over it. */
const apart = /* @__PURE__ */ t.field("cuttle", flag, { skipDefault: "always", namedOnly: true });
const U64_MAX = 0xffff_ffff_ffff_ffffn;

/**
 * Describes clients of a service: `t.client(Counter)`. Whoever receives one calls the server that it came from, over any
 * number of hops. A client can be sent once; clone it to send it again.
 */
export function client<M extends Methods>(service: Service<M>): Descriptor<Client<M>> {
  const shape = clientShape(service.wire.request);
  const options: HalfCodec<typeof shape> & ClientTypeOptions = {
    service,
    embed(value) {
      const control = (value as Partial<Client> | null | undefined)?.[CONTROL];
      if (!(control instanceof ClientControl) || control.service !== (service as Service)) {
        throw new CuttleError("local_encode", `expected a client of ${service.name}`);
      }
      const { sender: req_tx, wishes } = control;
      const apart = tellApart(req_tx.end.queue) || control.apart;
      return { req_tx, max_response_size: sizeToWire(control.maxReplyBytes), ...wishes, apart };
    },
    receive({ req_tx, max_response_size, sequential = false, stop_on_error = false, tracing = "Both", apart = false }) {
      const wishes = { sequential, stop_on_error, tracing };
      const maxReplyBytes = sizeFromWire(BigInt(max_response_size));
      return makeClient({ service, sender: req_tx, maxReplyBytes, wishes, apart });
    },
  };
  return transported<Client<M>>({ name: `client of ${service.name}`, shape, options });
}
