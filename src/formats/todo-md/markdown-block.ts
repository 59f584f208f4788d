/** Offsets into the text: `start` included, `end` excluded. */
export interface Range {
  readonly start: number;
  readonly end: number;
}

/** A stretch inside running text that is no prose: a code span, raw HTML, or a comment, which alone is left out of values. */
export interface Mask extends Range {
  readonly kind: "code" | "html" | "comment";
}

export interface HeadingBlock extends Range {
  readonly kind: "heading";
  /** 1 to 6. */
  readonly depth: number;
  /** What stands between the markers. */
  readonly content: Range;
  readonly masks: readonly Mask[];
}

export interface ParagraphBlock extends Range {
  readonly kind: "paragraph";
  readonly masks: readonly Mask[];
}

export interface ListBlock extends Range {
  readonly kind: "list";
  readonly ordered: boolean;
  readonly entries: readonly ListEntry[];
}

export interface ListEntry extends Range {
  /** Undefined where the entry has no checkbox. */
  readonly checked: boolean | undefined;
  readonly children: readonly Block[];
}

/** Fenced or indented code, raw HTML, a thematic break, and what is none of the others (quotes, definitions). */
interface OpaqueBlock extends Range {
  readonly kind: "code" | "html" | "rule" | "other";
}

/** The blocks of a Markdown text as far as a TODO.md needs them, with offsets into the whole text. */
export type Block = HeadingBlock | ParagraphBlock | ListBlock | OpaqueBlock;
