import type { Core } from "../core/core.ts";
import type { CuttleError } from "../errors/error.ts";
import type { PortRequest } from "./inbox.ts";
import type { Port } from "./port.ts";

/** What a port needs of the connection it belongs to. */
export interface PortHost {
  readonly core: Core;
  /** Something may have to be sent; gathers all of this task. */
  wake(): void;
  /** As {@link wake}, for what somebody waits for. */
  hurry(): void;
  /** As {@link hurry}; what is sent next may take it along. */
  soon(): void;
  /** These requests will not be looked at. */
  refuse(requests: readonly PortRequest[]): void;
  /** These ports will not be requested after all. */
  abandon(ports: readonly Port[], cause: unknown): void;
}

/** Makes an error when somebody has to be told it; always the same one. */
export type ErrorSource = () => CuttleError;
