/** What owner and holders of an RwLock tell each other. Source: remoc `robj::rw_lock`; PROTOCOL.md section 15. */

import * as mpsc from "../channel/mpsc.ts";
import * as oneshot from "../channel/oneshot.ts";
import * as watch from "../channel/watch.ts";
import type { Descriptor } from "../schema/descriptor.ts";
import * as t from "../schema/index.ts";
import { numberedStruct } from "../schema/numbered.ts";

/** The value as a holder keeps it. Closing `dropped_tx` tells the owner that it does so no more. */
export interface Copy<T> {
  value: T;
  dropped_tx: mpsc.Sender<null>;
  /** Becomes true when the copy must not be used any more. */
  invalid_rx: watch.Receiver<boolean>;
}

/** A holder wants the value. */
export interface ReadRequest<T> {
  value_tx: oneshot.Sender<Copy<T>>;
}

/** A holder wants to change the value. */
export interface WriteRequest<T> {
  value_tx: oneshot.Sender<T>;
  new_value_rx: oneshot.Receiver<T>;
  confirm_tx: oneshot.Sender<null>;
}

/** The wire types of locks around values of `type`. */
export interface LockTypes<T> {
  readonly value: Descriptor<T>;
  readonly copy: Descriptor<Copy<T>>;
  readonly read: Descriptor<ReadRequest<T>>;
  readonly write: Descriptor<WriteRequest<T>>;
}

/** Makes them. */
export function lockTypes<T>(value: Descriptor<T>): LockTypes<T> {
  const copy = numberedStruct("Value", {
    value,
    dropped_tx: mpsc.sender(t.unit as Descriptor<null>),
    invalid_rx: watch.receiver(t.bool),
  }) as Descriptor<Copy<T>>;
  return {
    value,
    copy,
    read: numberedStruct("ReadRequest", { value_tx: oneshot.sender(copy) }),
    write: numberedStruct("WriteRequest", {
      value_tx: oneshot.sender(value),
      new_value_rx: oneshot.receiver(value),
      confirm_tx: oneshot.sender(t.unit as Descriptor<null>),
    }),
  };
}
