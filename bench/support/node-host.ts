/** A process that runs the tasks that its parent sends; ends with it. */

import { type Tasks, tasks } from "../tasks/index.ts";

process.on("message", ({ name, args }: { name: keyof Tasks; args: never }) => {
  tasks[name](args).then(
    (result) => process.send?.({ result }),
    (error: unknown) =>
      process.send?.({ error: error instanceof Error ? (error.stack ?? error.message) : String(error) }),
  );
});
process.on("disconnect", () => process.exit(0));
