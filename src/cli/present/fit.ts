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
