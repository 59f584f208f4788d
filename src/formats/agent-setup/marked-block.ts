/** How a block of ours is told from what others wrote: two lines of their own. */
export interface BlockMarks {
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

/**
 * The text with our block holding `body`: in its old place where there is one, else at the end. Without a body the block goes, and
 * the text is again what it was before there was one.
 */
export function withBlock(text: string, marks: BlockMarks, body: string | undefined): string {
  const newline = text.includes("\r\n") ? "\r\n" : "\n";
  const block =
    body === undefined ? "" : ["", marks.begin, ...body.trim().split("\n"), marks.end, ""].join(newline);
  const place = placeOf(text, marks);
  return place === undefined ? text + block : text.slice(0, place.from) + block + text.slice(place.to);
}

/** What stands outside of our block. */
export const withoutBlock = (text: string, marks: BlockMarks): string => withBlock(text, marks, undefined);

/** From the line break in front of the block to the one that ends it. */
function placeOf(text: string, { begin, end }: BlockMarks): { from: number; to: number } | undefined {
  const start = text.indexOf(begin);
  const stop = text.indexOf(end, start);
  if (start < 0 || stop < 0) return undefined;
  const before = /\r?\n$/.exec(text.slice(0, start))?.[0].length ?? 0;
  const after = /^\r?\n/.exec(text.slice(stop + end.length))?.[0].length ?? 0;
  return { from: start - before, to: stop + end.length + after };
}
