import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { readTodo } from "#formats/todo-md/read-todo.ts";

const GOOD = "## A\n\n**Status:** open\n\n";

/** Lines of what makes a whole file unreadable. */
function problemLines(input: string | Uint8Array): readonly number[] {
  const { entries, problems, refused } = readTodo(input);
  expect([...entries, ...refused]).toEqual([]);
  for (const { message } of problems) expect(message).toMatch(/lines? \d.*[.)]$/is);
  return problems.map(({ line }) => line);
}

/** Lines of what is left out of a file, and the titles of what is taken. */
function leftOut(input: string): { readonly refused: readonly number[]; readonly taken: readonly string[] } {
  const { entries, problems, refused } = readTodo(input);
  expect(problems).toEqual([]);
  for (const { message } of refused) expect(message).toMatch(/lines? \d.*[.)]$/is);
  return { refused: refused.map(({ line }) => line), taken: entries.map(({ title }) => title) };
}

describe("refusing", () => {
  test("TM15 reports invalid UTF-8 by line", () => {
    expect(problemLines(new Uint8Array([0x61, 0x0a, 0x62, 0xff]))).toEqual([2]);
    expect(problemLines("- [ ] a\n- [ ] \uD800\n")).toEqual([2]);
  });

  test.each(["\u0000", "\u0007", "\u001B[31m", "\u007F", "\u0085", "\uFEFF"])(
    "TM15 leaves out what holds the control character %j, by line, and takes the rest",
    (character) => {
      expect(leftOut(`${GOOD}x${character}y\n\n## B\n\n**Status:** open\n`)).toEqual({
        refused: [1],
        taken: ["B"],
      });
      expect(leftOut(`Some${character}words.\n\n${GOOD}`)).toEqual({ refused: [1], taken: ["A"] });
    },
  );

  test("TM15 reports merge conflicts by line, but not those shown in code", () => {
    expect(problemLines(`${GOOD}<<<<<<< HEAD\na\n=======\nb\n>>>>>>> branch\n`)).toEqual([5, 9]);
    expect(readTodo(`${GOOD}\`\`\`\n<<<<<<< HEAD\n>>>>>>> b\n\`\`\`\n`).problems).toEqual([]);
    expect(readTodo("A\n=======\n\n**Status:** open\n").entries[0]?.title).toBe("A");
  });

  test("TM15 reports a code fence or a comment that swallows the rest", () => {
    expect(problemLines(`${GOOD}\`\`\`\`sh\nx\n\`\`\`\n\n## B\n`)).toEqual([5]);
    expect(problemLines(`${GOOD}~~~\n`)).toEqual([5]);
    expect(problemLines(`${GOOD}<!-- x\n\n## B\n\n**Status:** open\n`)).toEqual([5]);
  });

  test("TM15 leaves out an empty, an invisible and a too long title, and takes the rest", () => {
    expect(leftOut("##\n\n**Status:** open\n")).toEqual({ refused: [1], taken: [] });
    expect(leftOut(`${GOOD}## \u200B\n\n**Status:** open\n`)).toEqual({ refused: [5], taken: ["A"] });
    expect(leftOut(`- [ ] a\n- [ ] ${"ü".repeat(501)}\n- [ ] c\n`)).toEqual({
      refused: [2],
      taken: ["a", "c"],
    });
    expect(leftOut(`- [ ] ${"ü".repeat(500)}\n`).refused).toEqual([]);
  });

  test("TM15 leaves out the second item with one marker", () => {
    expect(leftOut("- [ ] a <!-- sluice:OB-1 a -->\n- [ ] b <!-- sluice:OB-1 b -->\n")).toEqual({
      refused: [2],
      taken: ["a"],
    });
  });

  test.each([
    ["quotes", ">".repeat(10_000)],
    ["list markers", "- ".repeat(10_000)],
    ["numbered markers", "1. ".repeat(10_000)],
    ["indented lists", `${" ".repeat(10_000)}- a`],
  ])(
    "refuses 10,000 nested %s by line",
    (_, line) => {
      const started = performance.now();
      expect(leftOut(`${GOOD}${line}\n`)).toEqual({ refused: [5], taken: ["A"] });
      expect(performance.now() - started).toBeLessThan(10_000);
    },
    30_000,
  );

  test("refuses an item of more than 1 MiB and takes one below", () => {
    const row = "lorem ipsum dolor sit amet consectetur ".repeat(3);
    expect(leftOut(`${GOOD}${`${row}\n`.repeat(9_500)}`)).toEqual({ refused: [1], taken: [] });
    expect(leftOut(`${GOOD}${`${row}\n`.repeat(5_000)}`)).toEqual({ refused: [], taken: ["A"] });
  }, 30_000);

  test.each([
    ["emphasis", `${"**a ".repeat(20_000)}${"a** ".repeat(20_000)}`],
    ["brackets", `${"[a ".repeat(20_000)}${"](b) ".repeat(20_000)}`],
    ["tables", `${"|a".repeat(500)}\n${"|-".repeat(500)}\n${`${"|a".repeat(100)}\n`.repeat(1000)}`],
  ])(
    "reads hostile %s quickly",
    (_, text) => {
      const started = performance.now();
      expect(leftOut(`${GOOD}${text}\n`)).toEqual({ refused: [], taken: ["A"] });
      expect(performance.now() - started).toBeLessThan(10_000);
    },
    30_000,
  );

  test("never throws on arbitrary bytes", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 400 }), (bytes) => {
        const { entries, problems } = readTodo(bytes);
        return entries.length === 0 || problems.length === 0;
      }),
      { numRuns: 300 },
    );
  }, 30_000);

  test("never throws on arbitrary Markdown, and accounts for every line of it", () => {
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
        const { entries, problems, left } = readTodo(pieces.join(""));
        return entries.length > 0 || problems.length > 0 || left.length > 0 || isBlank(pieces.join(""));
      }),
      { numRuns: 300 },
    );
  }, 30_000);
});

/** Nothing but white space and lines across the page. */
const isBlank = (text: string): boolean => /^[\s\uFEFF*=-]*$/.test(text);
