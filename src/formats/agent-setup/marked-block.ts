import { SluiceError } from "#domain/errors.ts";

/** How a block of ours is told from what others wrote: two lines of their own. */
interface BlockMarks {
  readonly begin: string;
  readonly end: string;
}

export const MARKDOWN_MARKS: BlockMarks = {
  begin: "<!-- sluice:begin, written by sluice setup -->",
  end: "<!-- sluice:end -->",
};
export const TOML_MARKS: BlockMarks = {
  begin: "# sluice:begin, written by sluice setup",
  end: "# sluice:end",
};

interface MarkedText {
  readonly text: string;
  readonly marks: BlockMarks;
  /** How a refusal names it. */
  readonly file: string;
}

/**
 * The text with our block holding `body`: in its old place where there is one, else at the end. Without a body the block goes, and
 * the text is again what it was before there was one. Refuses, with `invalid`, marks that do not enclose one block: what stands
 * between them and the next might be anybody's.
 */
export function withBlock(marked: MarkedText, body: string | undefined): string {
  const { text, marks } = marked;
  const newline = text.includes("\r\n") ? "\r\n" : "\n";
  const block =
    body === undefined ? "" : ["", marks.begin, ...body.trim().split("\n"), marks.end, ""].join(newline);
  const place = placeOf(marked);
  return place === undefined ? text + block : text.slice(0, place.from) + block + text.slice(place.to);
}

/** What stands outside of our block. */
export const withoutBlock = (marked: MarkedText): string => withBlock(marked, undefined);

interface MarkLine {
  readonly mark: keyof BlockMarks;
  /** Counted from 1. */
  readonly line: number;
  readonly from: number;
  /** Behind the line break. */
  readonly to: number;
}

/** From the line break in front of the block to the one that ends it. */
function placeOf(marked: MarkedText): { from: number; to: number } | undefined {
  const [begin, end, ...more] = markLines(marked);
  if (begin === undefined) return undefined;
  if (begin.mark === "end") throw refused(marked, begin, "has no beginning before it");
  if (end?.mark !== "end") throw refused(marked, begin, "has no end after it");
  const [other] = more;
  if (other !== undefined) throw refused(marked, other, "belongs to a second block");
  const before = /\r?\n$/.exec(marked.text.slice(0, begin.from))?.[0].length ?? 0;
  return { from: begin.from - before, to: end.to };
}

function markLines({ text, marks }: MarkedText): readonly MarkLine[] {
  let from = 0;
  return text.split(/(?<=\n)/).flatMap((content, at): readonly MarkLine[] => {
    const place = { line: at + 1, from, to: from + content.length };
    from = place.to;
    const mark = content.trim();
    return mark === marks.begin
      ? [{ ...place, mark: "begin" }]
      : mark === marks.end
        ? [{ ...place, mark: "end" }]
        : [];
  });
}

function refused({ file, marks }: MarkedText, { mark, line }: MarkLine, why: string): SluiceError {
  return new SluiceError("invalid", `${file}:${line}: ${JSON.stringify(marks[mark])} ${why}`, {
    hint: "Remove that line, or add the missing one where the section of Sluice begins or ends; nothing was changed",
    details: { file, line },
  });
}
