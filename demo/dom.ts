/** The one element below `parent` that has `data-part="name"`; its kind is checked. */
export function part<E extends Element>(parent: ParentNode, name: string, kind: abstract new () => E): E {
  const found = parent.querySelector(`[data-part="${name}"]`);
  if (found instanceof kind) return found;
  throw new Error(`index.html has no ${kind.name} with data-part="${name}"`);
}

/** Sets a text if it is another one: a live region would be read again. */
export function setText(element: Element, text: string): void {
  if (element.textContent !== text) element.textContent = text;
}

/** Enables or disables a button; the focus goes to `next` when it would be lost. */
export function setEnabled(button: HTMLButtonElement, enabled: boolean, next: HTMLElement): void {
  const hadFocus = document.activeElement === button;
  button.disabled = !enabled;
  if (hadFocus && !enabled) next.focus();
}

/** Calls `draw` in the next frame, however often it is asked for; rarely when the person wants less motion. */
export function painter(draw: () => void): () => void {
  const calm = matchMedia("(prefers-reduced-motion: reduce)");
  let planned = false;
  const paint = (): void => {
    planned = false;
    draw();
  };
  return () => {
    if (planned) return;
    planned = true;
    if (calm.matches) setTimeout(paint, CALM_MS);
    else requestAnimationFrame(paint);
  };
}

const CALM_MS = 500;
