/** Holds PROTOCOL.md to what the code does: its bytes are computed or looked up, and its lists are complete. */

import { describe, expect, test } from "vitest";
import { mpscSender } from "../../ts/channel/shapes.ts";
import { postbag } from "../../ts/codec/postbag.ts";
import { failureError } from "../../ts/core/failure.ts";
import { json, t } from "../../ts/index.ts";
import { read } from "./examples.ts";
import { countSession, hex } from "./session.ts";

const page = read("PROTOCOL.md");

/** The text of a section, from its heading to the next one of the same level. */
function section(number: number): string {
  const found = new RegExp(`^## ${number}\\. .*?\\n([\\s\\S]*?)(?=^## |$(?![\\s\\S]))`, "m").exec(page);
  if (found?.[1] === undefined) throw new Error(`no section ${number}`);
  return found[1];
}

/** The rows of the tables in a text, as cells. */
function rows(text: string): string[][] {
  const lines = text.split("\n").filter((line) => line.startsWith("|") && !line.startsWith("|---"));
  return lines.map((line) =>
    line
      .split("|")
      .slice(1, -1)
      .map((cell) => cell.trim()),
  );
}

const unspaced = (cell: string | undefined): string => (cell ?? "").replaceAll(/[` ]/g, "");

describe("PROTOCOL.md", () => {
  test("section 2 shows the Hello that is sent", async () => {
    const [, hello] = await countSession(json);
    expect(section(2)).toContain(`\n${hello?.hex}\n`);
  });

  test("section 3 has every message that the core reads, and no other", () => {
    const ids = [...read("wasm-core/mux/src/wire.rs").matchAll(/const (\w+): u8 = (\d+);/g)].map(([, name, id]) => ({
      name,
      id,
    }));
    const listed = rows(section(3))
      .map(([id]) => id)
      .filter((id) => /^\d+$/.test(id ?? ""));
    expect(listed).toEqual(ids.map(({ id }) => id));
    expect(listed).toHaveLength(24);
  });

  test("section 3 has examples that stand in the vectors of remoc's bytes", () => {
    const { messages } = JSON.parse(read("wasm-core/mux/tests/vectors/remoc20-51-messages.json")) as {
      messages: { fixed: string; varint: string }[];
    };
    const examples = rows(section(3)).filter(([, fixed]) => fixed?.startsWith("`0") || fixed?.startsWith("`1"));
    expect(examples.length).toBeGreaterThan(5);
    for (const [what, fixed, varint] of examples) {
      const known = messages.find((message) => message.fixed === unspaced(fixed));
      expect({ what, varint: unspaced(varint) }).toEqual({ what, varint: known?.varint });
    }
  });

  test("section 6 has the bytes of a sender and of an item", () => {
    const context = { maxBytes: 1_000, transport: () => undefined };
    const sender = { port: 259, data: null, codec: null, max_item_size: 16_777_216n };
    expect(section(6)).toContain(new TextDecoder().decode(json.encode(mpscSender, sender, context)));
    expect(section(6)).toContain(hex(postbag.encode(mpscSender, sender, context)));
    const item = t.result(t.u32, t.u32);
    expect(section(6)).toContain(
      `{"Ok":0}                                         ${hex(postbag.encode(item, { Ok: 0 }, context))}`,
    );
  });

  test("section 12 has the code of every failure of the core", () => {
    const listed = rows(section(12)).filter(([number]) => /^\d+$/.test(number ?? ""));
    const numbers = [...read("wasm-core/mux/src/error.rs").matchAll(/^ {12}Self::.* => (\d+),$/gm)].map(([, n]) => n);
    expect(listed.map(([number]) => number)).toEqual(numbers);
    for (const [number, , code] of listed) {
      expect({ number, code }).toEqual({ number, code: `\`${failureError(Number(number), [0, 0, 0]).code}\`` });
    }
  });

  test("section 13 shows what two ends of cuttle send, in each direction", async () => {
    const block = /<!-- session: json -->\n```\n([\s\S]*?)\n```/.exec(page)?.[1] ?? "";
    const shown = block.split("\n").map((line) => {
      const [, way, text, bytes] = /^(A→B|B→A) (?:=(.*)|((?:[0-9a-f]{2} ?)+))/.exec(line) ?? [];
      return { way, hex: text === undefined ? (bytes ?? "").trim() : hex(new TextEncoder().encode(text)) };
    });
    const sent = await countSession(json);
    for (const way of ["A→B", "B→A"]) {
      expect(shown.filter((frame) => frame.way === way)).toEqual(sent.filter((frame) => frame.way === way));
    }
  });

  test("has the sections that comments in the code refer to", () => {
    const titles = { 3: "Messages", 4: "Opening the base channel", 5: "Values on a port", 6: "Shapes" };
    for (const [number, title] of Object.entries(titles)) expect(page).toContain(`\n## ${number}. ${title}\n`);
  });
});
