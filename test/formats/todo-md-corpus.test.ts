import { describe, expect, test } from "bun:test";
import { isDeepStrictEqual } from "node:util";
import { readTodo } from "#formats/todo-md/read-todo.ts";
import { CORPUS, fieldsOf } from "./todo-corpus.ts";

/** What differs from the expectation, and how many fields were compared. */
function compared({ name, bytes, items, left, refused }: (typeof CORPUS)[number]) {
  const read = readTodo(bytes, ["OB"]);
  const wrong: string[] = [];
  let fields = 0;
  const invented = read.entries.filter(({ line }) => !items.some((item) => item.line === line));
  for (const { line, done, fields: wanted } of items) {
    const entry = read.entries.find((one) => one.line === line);
    const found = entry === undefined ? new Map<string, unknown>() : fieldsOf(entry);
    for (const key of new Set([...wanted.keys(), ...found.keys(), "done"])) {
      fields += 1;
      const [want, got] = key === "done" ? [done, entry?.done] : [wanted.get(key), found.get(key)];
      if (!isDeepStrictEqual(want, got))
        wrong.push(`${name}:${line} ${key}: ${JSON.stringify(got)} instead of ${JSON.stringify(want)}`);
    }
  }
  const lost = read.left.reduce((sum, one) => sum + one.endLine - one.line + 1, 0);
  return {
    fields,
    wrong,
    invented: invented.map((one) => `${name}:${one.line} ${one.title}`),
    reopened: read.entries
      .filter((entry) => !entry.done && items.some((item) => item.line === entry.line && item.done))
      .map((entry) => `${name}:${entry.line} ${entry.title}`),
    uncounted:
      lost === left ? [] : [`${name}: ${lost} lines left instead of ${left}: ${JSON.stringify(read.left)}`],
    refused: isDeepStrictEqual(
      read.refused.map(({ line }) => line),
      refused,
    )
      ? []
      : [`${name}: ${JSON.stringify(read.refused)}`],
  };
}

describe("TODO.md as people write it", () => {
  const all = CORPUS.map(compared);

  test("TM33 every field of 60 files and more is read as a person would", () => {
    expect(CORPUS.length).toBeGreaterThanOrEqual(60);
    expect(all.reduce((sum, one) => sum + one.fields, 0)).toBeGreaterThan(500);
    expect(all.flatMap((one) => one.wrong)).toEqual([]);
  });

  test("TM34 no item is invented, and nothing done becomes open work", () => {
    expect(all.flatMap((one) => one.invented)).toEqual([]);
    expect(all.flatMap((one) => one.reopened)).toEqual([]);
  });

  test("TM35 every line that is no item's is counted, and what cannot be taken is named", () => {
    expect(all.flatMap((one) => one.uncounted)).toEqual([]);
    expect(all.flatMap((one) => one.refused)).toEqual([]);
  });
});
