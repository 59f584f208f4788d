/** One step of an item, in order. */
export interface TodoStep {
  /** Markdown as written, without the list marker and without the words that make it optional. */
  readonly text: string;
  readonly optional: boolean;
  /** Present only where the step has a checkbox. */
  readonly done?: boolean;
}

export interface TodoRisk {
  readonly text: string;
  /** What stands after `Mitigation:`. */
  readonly mitigation?: string;
}

/** What a status says at its first known word; `unknown` when no word is known. */
export type StatusWord =
  | "open"
  | "doing"
  | "blocked"
  | "review"
  | "deferred"
  | "done"
  | "dropped"
  | "unknown";

export interface TodoStatus {
  /** The whole value as written. */
  readonly text: string;
  readonly word: StatusWord;
  /** Day of capture, `YYYY-MM-DD`, a real calendar day. */
  readonly capturedOn?: string;
}

/** A part of an item that is no field, kept as written. */
export interface TodoSection {
  /** Its heading; empty for text that stands under no heading of its own. */
  readonly heading: string;
  readonly markdown: string;
}

/** One item of a TODO.md. Text is Markdown as written; line ends are `\n` whatever the file has. */
export interface TodoItem {
  /** Unique in the file and stable: the key in the marker, else the ref, else a slug of the title with an ordinal. */
  readonly key: string;
  /** The ref the item already has, from `<!-- sluice:OB-12 -->` or from the start of its title. */
  readonly ref?: string;
  readonly title: string;
  /** True where its box is checked, its title struck out, or its status says done or dropped. */
  readonly done: boolean;
  /** First line, from 1. */
  readonly line: number;
  /** Last line that is not blank, from 1. */
  readonly endLine: number;
  /** Headings and list entries above it, outermost first, without the title of the document. */
  readonly groups: readonly string[];
  readonly status?: TodoStatus;
  readonly trigger?: string;
  readonly problem?: string;
  readonly steps: readonly TodoStep[];
  readonly risks: readonly TodoRisk[];
  readonly why?: string;
  readonly acceptance: readonly string[];
  readonly sections: readonly TodoSection[];
  /** The item's lines exactly as in the file, without the last line end. */
  readonly source: string;
}

/** Why a file cannot be read. One problem is enough: nothing of such a file is imported. */
export interface TodoProblem {
  /** Line, from 1. */
  readonly line: number;
  /** Full sentences: what is wrong and what to do. */
  readonly message: string;
}

export interface ParsedTodo {
  /** In the order of the file; empty when there are problems. */
  readonly items: readonly TodoItem[];
  readonly problems: readonly TodoProblem[];
}
