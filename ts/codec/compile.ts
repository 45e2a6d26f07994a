import { type Descriptor, type LazyShape, MAX_WRAPPERS, type Shape } from "../schema/descriptor.ts";

/**
 * Makes a function that compiles each descriptor once, by `compile`. Where more than {@link MAX_WRAPPERS} descriptors
 * stand around a value without a container in between, `refuse` makes what stands in for it.
 */
export function compiler<T>(
  compile: (shape: Shape) => T,
  refuse: (problem: string) => T,
): (descriptor: Descriptor) => T {
  const done = new WeakMap<Descriptor, T>();
  return (descriptor) => {
    let compiled = done.get(descriptor);
    if (compiled === undefined) {
      const shape = descriptor as Shape;
      compiled = hasContainer(shape, (lazy) => lazy) ? compile(shape) : refuse(TOO_MANY);
      done.set(descriptor, compiled);
    }
    return compiled;
  };
}

/** As the compiler, for what a lazy descriptor stands for: it is asked now, and may lead back to itself. */
export function compileLazy<T>(
  shape: LazyShape,
  compile: (descriptor: Descriptor) => T,
  refuse: (problem: string) => T,
): T {
  return hasContainer(shape, (lazy) => lazy.resolve()) ? compile(shape.resolve()) : refuse(TOO_MANY);
}

const TOO_MANY = `more than ${MAX_WRAPPERS} options or newtypes around one value`;

/** Whether few enough descriptors stand around the value; `beyond` a lazy one, or not. */
function hasContainer(from: Shape, beyond: (lazy: LazyShape) => Descriptor): boolean {
  let shape = from;
  let options = 0;
  for (let i = 0; i < MAX_WRAPPERS; i++) {
    // An option of what may be null is a container.
    if (shape.kind === "option" && ++options === 2) return true;
    const next = shape.kind === "lazy" ? beyond(shape) : "inner" in shape ? shape.inner : shape;
    if (next === shape) return true;
    shape = next as Shape;
  }
  return false;
}
