/** The page of the benchmarks: runs tasks that the benchmark asks for. */

import { tasks } from "../tasks/index.ts";

Object.assign(window, { benchTasks: tasks });
