/** A widget in a frame of another origin, and the page around it. */

// #region readme
import { consume, provide, windowTransport } from "../../ts/index.ts";

const widget = {
  title: (): string => document.title,
  async search(text: string, onHit: (hit: string) => void): Promise<void> {
    for (const word of ["cuttle", "cuttlebone"]) if (word.startsWith(text)) onHit(word);
  },
};

/** In the frame; `page` is where the page around it comes from: `"https://portal.example"`. */
export async function serveWidget(page: string): Promise<void> {
  const connection = await provide(widget, { to: windowTransport(parent, { origin: page }) });
  await connection.closed;
}

/** In the page around it. */
export async function searchWidget(frame: HTMLIFrameElement, origin: string, text: string): Promise<string[]> {
  await using remote = await consume<typeof widget>(windowTransport(frame.contentWindow, { origin }));
  const hits: string[] = [];
  await remote.search(text, (hit) => hits.push(hit));
  return hits;
}
// #endregion
