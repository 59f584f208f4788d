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

// C0, DEL, C1, line and paragraph separators, and the marks that reorder what is shown.
// oxlint-disable-next-line no-control-regex
const UNSAFE = /[\u0000-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069]/g;

/** Text of others on one line: whatever could steer a terminal is shown as `\x1b`, line breaks as `\n`. */
export function safeLine(text: string): string {
  return text.replace(UNSAFE, escape);
}

/** Text of others on many lines; tabs become two spaces. */
export function safeText(text: string): string {
  return text
    .replaceAll("\r\n", "\n")
    .split("\n")
    .map((line) => safeLine(line.replaceAll("\t", "  ")))
    .join("\n");
}

function escape(char: string): string {
  if (char === "\n") return "\\n";
  if (char === "\t") return "\\t";
  const code = char.charCodeAt(0);
  return code < 256 ? `\\x${code.toString(16).padStart(2, "0")}` : `\\u${code.toString(16).padStart(4, "0")}`;
}
