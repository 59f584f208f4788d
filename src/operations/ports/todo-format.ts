/** Number of the rules by which files are read: raised with them, so that unchanged files are read anew. */
export const TODO_READING = 1;

/** What a status says at its first known word; `unknown` when no word is known. */
export type TodoStatusWord =
  | "open"
  | "doing"
  | "blocked"
  | "review"
  | "deferred"
  | "done"
  | "dropped"
  | "unknown";

/** What an item of a file says, in the shape of a spec. */
export interface TodoSpec {
  readonly problem?: string;
  readonly trigger?: string;
  readonly steps: readonly { readonly text: string; readonly optional: boolean }[];
  readonly risks: readonly string[];
  readonly why?: string;
  readonly acceptance: readonly string[];
}

/** One item of a TODO.md. */
export interface TodoEntry {
  /** Unique in the file and stable over edits of other items. */
  readonly key: string;
  /** Ref that the file gives it. */
  readonly ref?: string;
  readonly title: string;
  readonly spec: TodoSpec;
  /** Sections that have no field of their own, Markdown; empty where there are none. */
  readonly body: string;
  /** Headings above it, outermost first. */
  readonly groups: readonly string[];
  readonly statusWord?: TodoStatusWord;
  /** `YYYY-MM-DD` */
  readonly capturedOn?: string;
  readonly done: boolean;
  /** First line, from 1. */
  readonly line: number;
  readonly endLine: number;
  /** Its lines as written. */
  readonly source: string;
}

export interface TodoProblem {
  /** Line, from 1. */
  readonly line: number;
  readonly message: string;
}

export interface TodoFile {
  readonly entries: readonly TodoEntry[];
  /** One is enough: then there are no entries. */
  readonly problems: readonly TodoProblem[];
}

export interface TodoFinding extends TodoProblem {
  /** `error`: the file cannot be read. `missing`: one of the four fields is. `advice`: the item could say more. */
  readonly level: "error" | "missing" | "advice";
  readonly field: string;
}

/** What to change in one item of a file. What is absent stays as it is written. */
export interface TodoChange {
  readonly ref?: string;
  readonly title?: string;
  readonly done?: boolean;
  readonly statusWord?: Exclude<TodoStatusWord, "unknown">;
  readonly trigger?: string;
  readonly problem?: string;
  readonly steps?: readonly { readonly text: string; readonly optional: boolean }[];
  readonly risks?: readonly string[];
  readonly why?: string;
}

/** The TODO.md format, as operations see it. */
export interface TodoFormat {
  readonly name: "todo-md";
  /** Never refuses: what cannot be understood is a problem at its line. `prefixes` tell a ref at a title's start. */
  readonly read: (bytes: Uint8Array, prefixes: readonly string[]) => TodoFile;
  readonly check: (bytes: Uint8Array, prefixes: readonly string[]) => readonly TodoFinding[];
  /** Everything but the changed items' lines stays byte for byte. Refuses with `invalid` a text that cannot stand in its place. */
  readonly write: (
    bytes: Uint8Array,
    changes: ReadonlyMap<string, TodoChange>,
    prefixes: readonly string[],
  ) => Uint8Array;
}
