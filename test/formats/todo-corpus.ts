import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { TodoEntry } from "#operations/ports/todo-format.ts";

const FOLDER = join(import.meta.dir, "corpus");

/** A file as people write them, and what a person would take from it. */
export interface CorpusFile {
  readonly name: string;
  readonly bytes: Uint8Array;
  readonly items: readonly ExpectedItem[];
  /** Lines that belong to no item. */
  readonly left: number;
  /** Lines of entries that cannot be taken. */
  readonly refused: readonly number[];
}

interface ExpectedItem {
  readonly line: number;
  readonly done: boolean;
  /** By name, the title included. */
  readonly fields: ReadonlyMap<string, unknown>;
}

/**
 * All files of the corpus. `NAME.txt` is the file; `NAME.expected` has a line `@LINE open|done TITLE` for each item, then one
 * `field: value` a line (`step` and `risk` once for each, `step?` for an optional one), `left: LINES` and `refused: LINE` at the end.
 */
export const CORPUS: readonly CorpusFile[] = readdirSync(FOLDER)
  .filter((file) => file.endsWith(".txt"))
  .map((file) => {
    const name = file.slice(0, -4);
    const rows = readFileSync(join(FOLDER, `${name}.expected`), "utf8").split("\n");
    return { name, bytes: readFileSync(join(FOLDER, file)), ...expectationOf(rows) };
  });

function expectationOf(rows: readonly string[]): Omit<CorpusFile, "name" | "bytes"> {
  const items: { line: number; done: boolean; fields: Map<string, unknown> }[] = [];
  const refused: number[] = [];
  let left = -1;
  for (const row of rows) {
    const [, line, state, title] = /^@(\d+) (open|done) (.+)$/.exec(row) ?? [];
    const [, name = "", text = ""] = /^([a-z?]+): (.*)$/.exec(row) ?? [];
    const value = text.replaceAll("\\n", "\n");
    if (line !== undefined)
      items.push({ line: Number(line), done: state === "done", fields: new Map([["title", title]]) });
    else if (name === "left") left = Number(text);
    else if (name === "refused") refused.push(Number(text));
    else if (name !== "") add(items.at(-1)?.fields, name, value);
    else if (row !== "") throw new Error(`Not understood: ${row}`);
  }
  return { items, left, refused };
}

function add(fields: Map<string, unknown> | undefined, name: string, value: string): void {
  const list = (key: string, one: unknown) => {
    const before: readonly unknown[] = [fields?.get(key)].flat();
    fields?.set(key, [...before.filter((value) => value !== undefined), one]);
  };
  if (name === "step" || name === "step?") list("steps", { text: value, optional: name === "step?" });
  else if (name === "risk") list("risks", value);
  else if (name === "accept") list("acceptance", value);
  else fields?.set(name, name === "groups" ? value.split(" / ") : value);
}

/** What was read of an entry, by the names of the expectation; what it lacks is not among them. */
export function fieldsOf({ title, ref, spec, groups, capturedOn }: TodoEntry): ReadonlyMap<string, unknown> {
  const { problem, trigger, steps, risks, why, acceptance, body } = spec;
  const all = {
    title,
    ref,
    problem,
    trigger,
    steps,
    risks,
    why,
    acceptance,
    body,
    groups,
    captured: capturedOn,
  };
  return new Map(
    Object.entries(all).filter(
      ([, value]) => value !== undefined && !(Array.isArray(value) && value.length === 0),
    ),
  );
}
