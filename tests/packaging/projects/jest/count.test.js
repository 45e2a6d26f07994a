import { expect, test } from "@jest/globals";
import { count } from "./count.js";

test("counts", async () => {
  expect(await count(process.env.COUNT_SERVER)).toBe("0 1 2 3 4");
});
