import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { failureError, misuseError } from "./failure.ts";

/** The numbers that the core gives its errors, out of its source. */
function codesOfCore(): number[] {
  const source = readFileSync(new URL("../../wasm-core/mux/src/error.rs", import.meta.url), "utf8");
  const codeFunction = source.slice(source.indexOf("pub fn code(self)"), source.indexOf("pub fn numbers(self)"));
  return [...codeFunction.matchAll(/=> (\d+),/g)].map(([, code]) => Number(code));
}

function misusesOfCore(): number[] {
  const source = readFileSync(new URL("../../wasm-core/mux/src/error.rs", import.meta.url), "utf8");
  return [...source.slice(source.indexOf("pub enum Misuse")).matchAll(/^ {4}[A-Z]\w+ = (\d+),/gm)].map(([, code]) =>
    Number(code),
  );
}

test("every error of the core has a code of its own kind and a helpful text", () => {
  const codes = codesOfCore();
  expect(codes.length).toBeGreaterThan(20);
  const texts = codes.map((code) => {
    const error = failureError(code, [11, 22, 33]);
    expect(error.code, `core error ${code}`).toMatch(/^(peer|transport)_|^local_limit$/);
    expect(error.data).toEqual({ failure: code, a: 11, b: 22, c: 33 });
    expect(error.message).not.toMatch(/undefined|NaN/);
    return error.message;
  });
  expect(new Set(texts).size).toBe(codes.length);
});

test("what the transport said stands in the message", () => {
  expect(failureError(24, [0, 0, 0], "WebSocket closed with code 1006").message).toContain(
    "(WebSocket closed with code 1006)",
  );
});

test("a code that nobody knows is a defect, not a crash", () => {
  expect(failureError(999, [1, 2, 3])).toMatchObject({ code: "bug" });
  expect(misuseError(999)).toMatchObject({ code: "bug" });
});

test("every refusal of the core has a text, and those that a program can cause have codes of their own", () => {
  const codes = misusesOfCore().map((misuse) => {
    const error = misuseError(misuse);
    expect(error.message).not.toMatch(/unknown misuse/);
    return error.code;
  });
  expect(new Set(codes)).toEqual(new Set(["bug", "local_closed", "local_limit", "remote_rejected"]));
});
