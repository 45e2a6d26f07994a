import { part, setText } from "./dom.ts";
import { compact, integer } from "./format.ts";
import type { AnyConnection, Link } from "./links.ts";
import type { PanelHost } from "./panel.ts";

type Stats = ReturnType<AnyConnection["stats"]>;

/** What `conn.stats()` says, as a table with a column for each connection; live while it is open. */
export class StatsPanel {
  readonly #host: PanelHost;
  readonly #details: HTMLDetailsElement;
  readonly #table: HTMLTableElement;
  #timer: number | undefined;

  constructor(root: ParentNode, host: PanelHost) {
    this.#host = host;
    this.#details = part(root, "stats", HTMLDetailsElement);
    this.#table = part(root, "stats-table", HTMLTableElement);
    this.#details.addEventListener("toggle", () => this.update());
  }

  /** There is a link, or none; or the table was opened or closed. */
  update(): void {
    clearInterval(this.#timer);
    const { link } = this.#host;
    if (link === undefined || !this.#details.open) return;
    const cells = this.#build(link);
    // Several columns have no room for all digits.
    const format = link.connections.length === 1 ? integer : compact;
    const show = (): void => {
      for (const { cell, conn, key } of cells) setText(cell, format(conn.stats()[key]));
    };
    show();
    this.#timer = setInterval(show, EVERY_MS) as unknown as number;
  }

  #build(link: Link): { cell: HTMLElement; conn: AnyConnection; key: Count }[] {
    const isOne = link.connections.length === 1;
    const head = isOne
      ? []
      : [
          row(
            "",
            link.connections.map(({ name }) => name),
          ),
        ];
    const rows = COUNTS.map(([key, name]) => ({
      key,
      element: row(
        name,
        link.connections.map(() => ""),
      ),
    }));
    this.#table.replaceChildren(...head, ...rows.map(({ element }) => element));
    return rows.flatMap(({ key, element }) =>
      link.connections.map(({ conn }, at) => ({ cell: element.cells[at + 1] as HTMLElement, conn, key })),
    );
  }
}

function row(name: string, values: readonly string[]): HTMLTableRowElement {
  const element = document.createElement("tr");
  const head = document.createElement("th");
  head.scope = "row";
  head.textContent = name;
  element.append(head);
  for (const value of values) element.insertCell().textContent = value;
  return element;
}

type Count = Exclude<keyof Stats, "transport" | "path">;

const COUNTS: readonly (readonly [Count, string])[] = [
  ["framesSent", "frames sent"],
  ["framesReceived", "frames received"],
  ["bytesSent", "bytes sent"],
  ["bytesReceived", "bytes received"],
  ["flushes", "flushes"],
  ["ports", "open ports"],
  ["bufferedBytes", "bytes buffered"],
  ["coreCalls", "calls into wasm"],
  ["coreCopiedBytes", "bytes copied to wasm"],
];
const EVERY_MS = 500;
