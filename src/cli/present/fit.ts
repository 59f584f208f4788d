/** Cells that a text takes: East Asian wide characters take two, escape sequences none. */
export function cells(text: string): number {
  return Bun.stringWidth(text);
}

export function padCells(text: string, width: number): string {
  return text + " ".repeat(Math.max(0, width - cells(text)));
}

/** Cuts plain text to a width, with an ellipsis; whole graphemes only. */
export function cutCells(text: string, width: number): string {
  if (cells(text) <= width) return text;
  if (width < 1) return "";
  let cut = "";
  let used = 0;
  for (const { segment } of new Intl.Segmenter().segment(text)) {
    used += cells(segment);
    if (used > width - 1) break;
    cut += segment;
  }
  return `${cut}…`;
}

/**
 * Breaks each line that is wider than `width` at its spaces; what follows is indented as the line's text is. A word that has none
 * (a path, an address, a hash) stays whole.
 */
export function wrapCells(text: string, width: number): string {
  return text
    .split("\n")
    .flatMap((line) => (cells(line) <= width ? [line] : wrappedLine(line, width)))
    .join("\n");
}

function wrappedLine(line: string, width: number): readonly string[] {
  const [start = ""] = /^ *(?:- |\d+\. )?/.exec(line) ?? [];
  const indent = " ".repeat(start.length);
  const lines: string[] = [];
  let current = start;
  for (const word of line.slice(start.length).split(" ")) {
    const isFirst = current === start || current === indent;
    const longer = isFirst ? current + word : `${current} ${word}`;
    if (isFirst || cells(longer) <= width) current = longer;
    else {
      lines.push(current.trimEnd());
      current = indent + word;
    }
  }
  return [...lines, current];
}
