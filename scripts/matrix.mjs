/** The matrix that `npm test` prints: over what, between whom and in which engine tests ran, and how many. */

const engines = ["Node", "Chromium", "Firefox", "WebKit"];

/** The carriers of Node, each with how the titles of suites spell it: "the … transport", or what is tested "over …". */
const carriers = {
  memory: "memory",
  MessagePort: "message-?port",
  "Electron's MessagePort": "electron[ -]port",
  "worker thread": "worker thread",
  WebSocket: "websocket",
  TCP: "tcp",
  TLS: "tls",
  "Unix socket": "unix socket",
  Duplex: "duplex",
  "standard streams": "standard streams",
  "web streams": "web[ -]stream",
  WebRTC: "data[ -]channel",
};

/** What Vitest's report says of the tests over each carrier of Node: cells as {@link printMatrix} takes them. */
export function nodeCells(tests) {
  const ran = tests.filter(({ status }) => status === "passed" || status === "failed");
  return Object.entries(carriers).flatMap(([carrier, spelling]) => {
    const isOver = new RegExp(`(^the |\\bover (an? )?)${spelling}\\b`, "i");
    return ran
      .map(({ ancestorTitles, status }) => ({ suites: ancestorTitles.join(" › "), status }))
      .filter(({ suites }) => isOver.test(suites))
      .map(({ suites, status }) => ({
        suite: `${carrier}, Node with ${/remoc (0\.\d+\.\d+)/.exec(suites)?.[1] ?? "Node"}`,
        engine: "Node",
        passed: Number(status === "passed"),
        failed: Number(status === "failed"),
      }));
  });
}

/** The carriers of Node that no test ran over. */
export function carriersWithout(cells) {
  return Object.keys(carriers).filter((name) => !cells.some(({ suite }) => suite.startsWith(`${name}, Node`)));
}

/** One line for each way to meet and each file of other tests, one column for each engine. */
export function printMatrix(cells) {
  const rows = new Map();
  for (const { suite, engine, passed, failed } of cells) {
    const counts = rows.get(suite) ?? {};
    const { passed: before = 0, failed: lost = 0 } = counts[engine] ?? {};
    rows.set(suite, { ...counts, [engine]: { passed: before + passed, failed: lost + failed } });
  }
  console.log(`\n${"passed/failed".padEnd(44)}${engines.map((name) => name.padStart(10)).join("")}`);
  for (const [suite, counts] of rows) {
    const shown = engines.map((name) => (counts[name] ? `${counts[name].passed}/${counts[name].failed}` : "–"));
    console.log(`${suite.padEnd(44)}${shown.map((text) => text.padStart(10)).join("")}`);
  }
}
