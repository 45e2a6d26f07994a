/** publint on the installed package; fails with what it says, suggestions left out. */
import { publint } from "publint";
import { formatMessage } from "publint/utils";

const { messages, pkg } = await publint({ pkgDir: "node_modules/cuttle", level: "warning", strict: true });
for (const message of messages) console.error(formatMessage(message, pkg));
process.exit(messages.length === 0 ? 0 : 1);
