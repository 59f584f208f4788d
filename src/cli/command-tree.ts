import { ALIASES } from "#operations/registry.ts";
import { kebabCase } from "./kebab-case.ts";

/** The commands there are, as words: `item.add` is `item add`. */
export interface CommandTree {
  /** Name in the registry by its words joined with a space. */
  readonly names: ReadonlyMap<string, string>;
}

function commandWords(name: string): readonly string[] {
  return name.split(".").map(kebabCase);
}

export function commandTree(names: readonly string[]): CommandTree {
  return { names: new Map(names.map((name) => [commandWords(name).join(" "), name])) };
}

/** The path with one more word, or undefined when no command starts so. */
export function descend(tree: CommandTree, path: string, word: string): string | undefined {
  const next = path === "" ? (ALIASES[word] ?? word) : `${path} ${word}`;
  return tree.names.has(next) || childWords(tree, next).length > 0 ? next : undefined;
}

/** The words that may follow a path, sorted. */
export function childWords(tree: CommandTree, path: string): readonly string[] {
  const start = path === "" ? "" : `${path} `;
  const below = [...tree.names.keys()].filter((words) => words.startsWith(start));
  return [...new Set(below.map((words) => words.slice(start.length).split(" ")[0] ?? ""))].toSorted();
}
