/** Shows source code: plain text with a few words coloured. */

const words = {
  rust: /(\/\/.*)|("[^"]*")|\b(struct|let|while|for|in|if|async|await|fn|Some|u32)\b/g,
  ts: /(\/\/.*|\/\*[\s\S]*?\*\/)|("[^"]*")|\b(import|from|export|const|let|async|await|function|return|yield|for|of|new)\b/g,
};
const classes = ["comment", "text", "word"];

/** Fills `element` with `source`. */
export function showCode(element: HTMLElement, source: string, language: keyof typeof words): void {
  const nodes: (Node | string)[] = [];
  let end = 0;
  for (const match of source.matchAll(words[language])) {
    nodes.push(source.slice(end, match.index));
    const span = document.createElement("span");
    span.className = classes[match.slice(1).findIndex((group) => group !== undefined)] ?? "";
    span.textContent = match[0];
    nodes.push(span);
    end = match.index + match[0].length;
  }
  element.replaceChildren(...nodes, source.slice(end));
}
