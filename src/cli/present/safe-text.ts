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
