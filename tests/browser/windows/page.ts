/** A page that has the library; the tests say what it does. */

import * as tabs from "../../../docs/examples/two-tabs.ts";
import * as widget from "../../../docs/examples/widget.ts";
import * as cuttle from "../../../ts/index.ts";
import { codeOf } from "../../scenarios/close.ts";

/** What the tests find in a page. */
export interface Lab {
  readonly cuttle: typeof cuttle;
  readonly codeOf: typeof codeOf;
  /** Examples of the guides. */
  readonly examples: typeof tabs & typeof widget;
  /** Kept from one call of a test to the next. */
  readonly kept: Record<string, unknown>;
}

Object.assign(window, { lab: { cuttle, codeOf, examples: { ...tabs, ...widget }, kept: {} } satisfies Lab });
