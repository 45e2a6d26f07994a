/** The Mandelbrot set. */

/** What to paint. */
export interface View {
  /** In pixels. */
  readonly width: number;
  readonly height: number;
  /** The point in the middle. */
  readonly re: number;
  readonly im: number;
  /** From left to right. */
  readonly span: number;
  /** Steps until a point counts as inside. */
  readonly depth: number;
}

/** Told of a row of pixels, four bytes each. */
export type Show = (y: number, row: Uint8ClampedArray<ArrayBuffer>) => unknown;

/** A row of pixels, from deep water to light. */
export function rowOf(view: View, y: number): Uint8ClampedArray<ArrayBuffer> {
  const row = new Uint8ClampedArray(view.width * 4);
  for (let x = 0; x < view.width; x++) {
    const steps = depthAt(view, x, y);
    const light = steps === view.depth ? 0 : (1 + Math.cos(Math.PI + Math.sqrt(steps) * 0.9)) / 2;
    row.set([8 + 200 * light ** 2, 24 + 190 * light, 36 + 170 * Math.sqrt(light), 255], x * 4);
  }
  return row;
}

/** After how many steps a pixel leaves the set's neighbourhood; `depth` when it does not. */
function depthAt({ width, height, re, im, span, depth }: View, x: number, y: number): number {
  const cRe = re + ((x + 0.5) / width - 0.5) * span;
  const cIm = im + ((y + 0.5) / height - 0.5) * span * (height / width);
  let zRe = 0;
  let zIm = 0;
  for (let step = 0; step < depth; step++) {
    const reSquared = zRe * zRe;
    const imSquared = zIm * zIm;
    if (reSquared + imSquared > 4) return step;
    zIm = 2 * zRe * zIm + cIm;
    zRe = reSquared - imSquared + cRe;
  }
  return depth;
}
