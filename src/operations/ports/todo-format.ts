/** Number of the rules by which files are read: raised with them, so that unchanged files are read anew. */
export const TODO_READING = 2;

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

/** What an item of a file says, in the shape of a spec. Markdown as written, line ends `\n`. */
interface TodoSpec {
  readonly problem?: string;
  readonly trigger?: string;
  /** In order, without those that are ticked. */
  readonly steps: readonly { readonly text: string; readonly optional: boolean }[];
  readonly risks: readonly string[];
  readonly why?: string;
  readonly acceptance: readonly string[];
  /** What has no field of its own; ticked steps too. */
  readonly body?: string;
}

/** One item of a TODO.md. */
export interface TodoEntry {
  /** Unique in the file and stable over edits of other items: the key in its marker, else its ref, else a slug of its title. */
  readonly key: string;
  /** Ref that the file gives it, in a marker or at the start of its title. */
  readonly ref?: string;
  readonly title: string;
  readonly spec: TodoSpec;
  /** Headings above it, outermost first, without the title of the document. */
  readonly groups: readonly string[];
  readonly statusWord?: TodoStatusWord;
  /** `YYYY-MM-DD` */
  readonly capturedOn?: string;
  /** Ticked, struck out, marked or declared done or dropped, or below a heading that says so. */
  readonly done: boolean;
  /** First line, from 1. */
  readonly line: number;
  /** Last line that is not blank. */
  readonly endLine: number;
  /** Its lines as written, without the last line end. */
  readonly source: string;
}

export interface TodoProblem {
  /** Line, from 1. */
  readonly line: number;
  /** Full sentences: what is wrong and what to do. */
  readonly message: string;
}

/** What a heading was taken for: the document's title, one item, a list of items, things done, or none of these. */
export type TodoShape = "title" | "item" | "list" | "done" | "notes" | "sample" | "prose";

/** A heading, and how many entries were found below it up to the next one. */
interface TodoSection {
  readonly line: number;
  /** 1 to 6. */
  readonly depth: number;
  readonly heading: string;
  readonly shape: TodoShape;
  readonly entries: number;
}

/** Lines that are not blank and belong to no entry, without those that lead to one. */
export interface TodoLeft {
  readonly line: number;
  readonly endLine: number;
  /** Its first line. */
  readonly text: string;
}

export interface TodoFile {
  readonly entries: readonly TodoEntry[];
  /** Why the file cannot be read. One is enough: then there are no entries. */
  readonly problems: readonly TodoProblem[];
  /** Entries and lines that were left out, with the reason. */
  readonly refused: readonly TodoProblem[];
  readonly sections: readonly TodoSection[];
  readonly left: readonly TodoLeft[];
}

export interface TodoFinding extends TodoProblem {
  /** `error`: something is lost. `missing`: items lack one of the four fields. `advice`: they could say more. */
  readonly level: "error" | "missing" | "advice";
  readonly field: string;
  /** Lines of all items that it concerns. */
  readonly lines: readonly number[];
}

/** What to change in one item of a file. What is absent stays as it is written. */
export interface TodoChange {
  readonly ref?: string;
  readonly title?: string;
  readonly done?: boolean;
  /** Only the word that the status begins with: what stands behind it stays. */
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
  /** Never refuses: what cannot be read is a problem at its line. `prefixes` tell a ref at a title's start. */
  readonly read: (bytes: Uint8Array, prefixes: readonly string[]) => TodoFile;
  /** One finding for each kind of what a file's items lack or lose. */
  readonly check: (file: TodoFile) => readonly TodoFinding[];
  /** The file with those mends made that change no word: what reading it refuses or misses for its form alone. */
  readonly fix: (bytes: Uint8Array) => Uint8Array;
  /**
   * Everything but the changed items' lines stays byte for byte. A change that cannot be written where it belongs is left out and
   * named by its item's key. Refuses with `invalid` a file that cannot be read, with `not_found` an unknown key.
   */
  readonly write: (
    bytes: Uint8Array,
    changes: ReadonlyMap<string, TodoChange>,
    prefixes: readonly string[],
  ) => { readonly bytes: Uint8Array; readonly refused: ReadonlyMap<string, TodoProblem> };
}
