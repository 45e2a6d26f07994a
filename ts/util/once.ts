/** A function that makes its value at the first call and keeps it: errors capture a stack, which is not cheap. */
export function once<T>(make: () => T): () => T {
  let made: { value: T } | undefined;
  return () => {
    made ??= { value: make() };
    return made.value;
  };
}
