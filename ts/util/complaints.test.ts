import { expect, it, vi } from "vitest";
import { Complaints } from "./complaints.ts";

it("R18: a failure that happens a million times is told fifteen times, ten of them at first", () => {
  const written: unknown[][] = [];
  const spy = vi.spyOn(console, "error").mockImplementation((...words) => void written.push(words));
  const complaints = new Complaints();
  const error = new Error("again");
  for (let at = 0; at < 1_000_000; at += 1) complaints.write("it failed:", error);
  spy.mockRestore();
  expect(written.slice(0, 10)).toEqual(Array(10).fill(["it failed:", error]));
  expect(written.slice(10).map(([text]) => text)).toEqual(
    [100, 1_000, 10_000, 100_000, 1_000_000].map((count) => `it failed: (${count} times by now)`),
  );
});
