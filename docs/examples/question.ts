/** What both sides of the question example import. */

// #region readme
import { t } from "../../ts/index.ts";

export const Question = t.struct({ text: t.str, answer: t.oneshot.sender(t.str) });
// #endregion
