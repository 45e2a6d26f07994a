#!/usr/bin/env node
/** The program `cuttle`. */
import { main } from "./relay/main.ts";

await main();
