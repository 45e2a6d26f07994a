#!/usr/bin/env node
/** The program `cuttle`. The parser of Rust is only loaded by the command that needs it. */
const { main } = process.argv[2] === "import" ? await import("./import/main.ts") : await import("./relay/main.ts");

await main();

export {};
