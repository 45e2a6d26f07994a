#!/usr/bin/env node
/** The program `cuttle`. */
import "./relay/main.ts";
