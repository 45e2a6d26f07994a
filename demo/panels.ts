import { showCode } from "./code.ts";
import { part } from "./dom.ts";

/**
 * The panels of the control room. Wide windows show them all; narrow ones show one at a time, chosen by tabs. The tab
 * of the address, as in `/#canvas`, is shown first.
 */
export function arrangePanels(root: ParentNode): void {
  const list = part(root, "tabs", HTMLElement);
  const tabs = [...list.querySelectorAll<HTMLButtonElement>("button")];
  const narrow = matchMedia("(max-width: 47.99rem)");
  let chosen = Math.max(
    tabs.findIndex((tab) => panelOf(tab).id === location.hash.slice(1)),
    0,
  );
  const show = (): void => {
    for (const [at, tab] of tabs.entries()) {
      const panel = panelOf(tab);
      tab.setAttribute("aria-selected", String(at === chosen));
      tab.tabIndex = at === chosen ? 0 : -1;
      panel.hidden = narrow.matches && at !== chosen;
      if (narrow.matches) panel.setAttribute("role", "tabpanel");
      else panel.removeAttribute("role");
    }
  };
  const choose = (at: number): void => {
    chosen = (at + tabs.length) % tabs.length;
    show();
  };
  for (const [at, tab] of tabs.entries()) tab.addEventListener("click", () => choose(at));
  list.addEventListener("keydown", (event) => {
    const next = { ArrowLeft: chosen - 1, ArrowRight: chosen + 1, Home: 0, End: -1 }[event.key];
    if (next === undefined) return;
    event.preventDefault();
    choose(next);
    tabs[chosen]?.focus();
  });
  narrow.addEventListener("change", show);
  show();
}

function panelOf(tab: HTMLButtonElement): HTMLElement {
  const panel = document.getElementById(tab.getAttribute("aria-controls") ?? "");
  if (panel === null) throw new Error(`index.html has no panel for the tab ${tab.textContent}`);
  return panel;
}

/** Shows the lines of `source` between `// #region shown` and `// #endregion`: the code that runs. */
export function showRegion(panel: ParentNode, source: string): void {
  const [, shown] = /\/\/ #region shown\n([\s\S]*?)\n\s*\/\/ #endregion/.exec(source) ?? [];
  if (shown === undefined) throw new Error("the source has no region to show");
  showCode(part(panel, "source", HTMLElement), shown, "ts");
}
