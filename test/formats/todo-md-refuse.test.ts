import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { parseTodo } from "#formats/todo-md/parse-todo.ts";

const GOOD = "## A\n\n**Status:** open\n\n";

function problemLines(input: string | Uint8Array): readonly number[] {
  const { items, problems } = parseTodo(input);
  expect(items).toEqual([]);
  for (const { line, message } of problems) expect(message).toMatch(line === 1 ? /[.)]$/ : /lines? \d/i);
  return problems.map((problem) => problem.line);
}

describe("refusing", () => {
  test("TM15 reports invalid UTF-8 by line", () => {
    expect(problemLines(new Uint8Array([0x61, 0x0a, 0x62, 0xff]))).toEqual([2]);
    expect(problemLines("- [ ] a\n- [ ] \uD800\n")).toEqual([2]);
  });

  test.each(["\u0000", "\u0007", "\u001B[31m", "\u007F", "\u0085", "\uFEFF"])(
    "TM15 reports the control character %j by line",
    (character) => {
      expect(problemLines(`${GOOD}x${character}y\n`)).toEqual([5]);
    },
  );

  test("TM15 reports merge conflicts by line, but not those shown in code", () => {
    expect(problemLines(`${GOOD}<<<<<<< HEAD\na\n=======\nb\n>>>>>>> branch\n`)).toEqual([5, 9]);
    expect(parseTodo(`${GOOD}\`\`\`\n<<<<<<< HEAD\n>>>>>>> b\n\`\`\`\n`).problems).toEqual([]);
    expect(parseTodo("A\n=======\n\n**Status:** open\n").items[0]?.title).toBe("A");
  });

  test("TM15 reports a code fence or a comment that swallows the rest", () => {
    expect(problemLines(`${GOOD}\`\`\`\`sh\nx\n\`\`\`\n\n## B\n`)).toEqual([5]);
    expect(problemLines(`${GOOD}~~~\n`)).toEqual([5]);
    expect(problemLines(`${GOOD}<!-- x\n\n## B\n\n**Status:** open\n`)).toEqual([5]);
  });

  test("TM15 reports an empty, an invisible and a too long title", () => {
    expect(problemLines("##\n\n**Status:** open\n")).toEqual([1]);
    expect(problemLines(`${GOOD}## \u200B\n\n**Status:** open\n`)).toEqual([5]);
    expect(problemLines(`- [ ] a\n- [ ] ${"ü".repeat(501)}\n`)).toEqual([2]);
    expect(parseTodo(`- [ ] ${"ü".repeat(500)}\n`).problems).toEqual([]);
  });

  test("TM15 reports a marker used twice at the second line", () => {
    expect(problemLines("- [ ] a <!-- sluice:OB-1 a -->\n- [ ] b <!-- sluice:OB-1 b -->\n")).toEqual([2]);
  });

  test.each(["", "\n\n", "# TODO\n\nJust prose.\n", "- plain\n- list\n"])(
    "TM15 reports a file without items: %j",
    (text) => {
      expect(problemLines(text)).toEqual([1]);
    },
  );

  test.each([
    ["quotes", ">".repeat(10_000)],
    ["list markers", "- ".repeat(10_000)],
    ["numbered markers", "1. ".repeat(10_000)],
    ["indented lists", `${" ".repeat(10_000)}- a`],
  ])(
    "TM16 refuses 10,000 nested %s by line",
    (_, line) => {
      const started = performance.now();
      expect(problemLines(`${GOOD}${line}\n`)).toEqual([5]);
      expect(performance.now() - started).toBeLessThan(10_000);
    },
    30_000,
  );

  test("TM16 refuses an item of more than 1 MiB and takes one below", () => {
    const row = "lorem ipsum dolor sit amet consectetur\n";
    expect(problemLines(`${GOOD}${row.repeat(29_000)}`).length).toBe(1);
    expect(parseTodo(`${GOOD}${row.repeat(15_000)}`).problems).toEqual([]);
  }, 30_000);

  test.each([
    ["emphasis", `${"**a ".repeat(20_000)}${"a** ".repeat(20_000)}`],
    ["brackets", `${"[a ".repeat(20_000)}${"](b) ".repeat(20_000)}`],
    ["tables", `${"|a".repeat(500)}\n${"|-".repeat(500)}\n${`${"|a".repeat(100)}\n`.repeat(1000)}`],
  ])(
    "TM16 reads hostile %s quickly",
    (_, text) => {
      const started = performance.now();
      expect(parseTodo(`${GOOD}${text}\n`).problems).toEqual([]);
      expect(performance.now() - started).toBeLessThan(10_000);
    },
    30_000,
  );

  test("TM17 never throws on arbitrary bytes", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 400 }), (bytes) => {
        const { items, problems } = parseTodo(bytes);
        return items.length === 0 || problems.length === 0;
      }),
      { numRuns: 300 },
    );
  }, 30_000);

  test("TM17 never throws on arbitrary Markdown, and gives items or problems, never both or none", () => {
    const piece = fc.constantFrom(
      "# ",
      "## ",
      "- ",
      "- [ ] ",
      "- [x] ",
      "1. ",
      "> ",
      "```",
      "~~~",
      "**Status:** ",
      "Steps:",
      "**Risks**",
      "\n",
      "\n\n",
      "\r\n",
      "  ",
      "    ",
      "\t",
      "a",
      "<!--",
      "-->",
      "---",
      "===",
      "`",
      "*",
      "|",
      "&amp;",
      "\\",
      "é",
      "open (captured 2026-05-01)",
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 60 }), (pieces) => {
        const { items, problems } = parseTodo(pieces.join(""));
        return items.length === 0 ? problems.length > 0 : problems.length === 0;
      }),
      { numRuns: 300 },
    );
  }, 30_000);
});
