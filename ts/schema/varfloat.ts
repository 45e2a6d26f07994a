import type { Descriptor } from "./descriptor.ts";
import { mapped } from "./mapped.ts";
import { bytes } from "./scalars.ts";

/** `f32` with remoc's `codec::varfloat`: a number, rounded to the nearest f32; round numbers take fewer bytes. */
export const varF32: Descriptor<number> = /* @__PURE__ */ varfloat("varfloat f32", 4);
/** `f64` with remoc's `codec::varfloat`: a number; round numbers take fewer bytes. */
export const varF64: Descriptor<number> = /* @__PURE__ */ varfloat("varfloat f64", 8);

/** The big-endian bits without the zero bytes at their end. */
function varfloat(name: string, size: 4 | 8): Descriptor<number> {
  return mapped({
    name,
    inner: bytes,
    toWire(value, fail) {
      if (typeof value !== "number") return fail(`expected a number, got ${typeof value}`);
      const view = new DataView(new ArrayBuffer(size));
      if (size === 8) view.setFloat64(0, value);
      else if (Number.isFinite(value) && !Number.isFinite(Math.fround(value))) fail("expected a number within f32");
      else view.setFloat32(0, value);
      let length = size as number;
      while (length > 0 && view.getUint8(length - 1) === 0) length--;
      return new Uint8Array(view.buffer, 0, length);
    },
    fromWire(wire, fail) {
      const given = wire as Uint8Array;
      if (given.length > size || given.at(-1) === 0)
        fail(`expected a ${name} of at most ${size} bytes without zeros at its end`);
      const whole = new Uint8Array(size);
      whole.set(given);
      const view = new DataView(whole.buffer);
      return size === 8 ? view.getFloat64(0) : view.getFloat32(0);
    },
  });
}
