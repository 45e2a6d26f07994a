import { introduceTabs } from "../../../ts/index.ts";

introduceTabs();
