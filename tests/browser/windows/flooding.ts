/** Posts frames of the right kind and no sense, for ever. */
const flood = (): void => {
  for (let frame = 0; frame < 1_000; frame++) postMessage(new Uint8Array(16));
  setTimeout(flood, 0);
};
flood();
