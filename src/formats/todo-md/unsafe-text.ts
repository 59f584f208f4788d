import type { LineTable } from "./line-table.ts";
import type { TodoProblem } from "./todo-item.ts";

/** Measured: 20 quote markers on each of 2,000 lines parse in well under two seconds, 30 take four; people use one or two. */
const MAX_MARKERS_PER_LINE = 20;
/** Columns before a list marker: 50 levels. Measured: 100 levels cost 60 ms, 400 cost 4 s. */
const MAX_LIST_INDENT = 100;
/** Above this the parser takes seconds; a TODO.md of 100 full items has about 2,000 lines. */
const MAX_LINES = 100_000;
const MAX_CHARACTERS = 8 * 1024 * 1024;

/** C0 and C1 control characters, DEL, and a byte order mark that is not at the start; all but tab and line ends. */
// oxlint-disable-next-line no-control-regex -- finding them is the purpose
const CONTROL = /[\u0000-\u0008\u000B\u000C\u000E-\u001F\u007F-\u009F\uFEFF]/;

/** What must be refused before a Markdown parser sees the text: at most one problem for each line. */
export function unsafeText(text: string, lines: LineTable): readonly TodoProblem[] {
  if (text.length > MAX_CHARACTERS || lines.count > MAX_LINES) {
    const message = `The file is larger than ${MAX_LINES.toLocaleString("en")} lines or 8 MiB. Split it into several files.`;
    return [{ line: Math.min(lines.count, MAX_LINES), message }];
  }
  const problems: TodoProblem[] = [];
  for (let line = 1; line <= lines.count; line += 1) {
    const message = complaint(lines.textOf(line), line);
    if (message !== undefined) problems.push({ line, message });
  }
  return problems;
}

function complaint(content: string, line: number): string | undefined {
  const control = CONTROL.exec(content)?.[0].codePointAt(0);
  if (control !== undefined) {
    const code = control.toString(16).toUpperCase().padStart(4, "0");
    return `Line ${line} has the control character U+${code}. Remove it.`;
  }
  if (nestsTooDeep(content)) {
    return `Line ${line} nests deeper than ${MAX_MARKERS_PER_LINE} quotes or 50 lists. Flatten it.`;
  }
  return undefined;
}

/** Counts the quote and list markers a line begins with; a rule such as `- - -` counts as well, which only matters past the limit. */
function nestsTooDeep(content: string): boolean {
  let markers = 0;
  let at = 0;
  for (;;) {
    const space = /^[ \t]*/.exec(content.slice(at, at + MAX_LIST_INDENT + 1))?.[0].length ?? 0;
    const marker = /^(?:>|[-*+](?=[ \t])|\d{1,9}[.)](?=[ \t]))/.exec(
      content.slice(at + space, at + space + 12),
    );
    if (marker === null) return space > MAX_LIST_INDENT && /^[ \t]*(?:[-*+>]|\d{1,9}[.)])/.test(content);
    markers += 1;
    if (markers > MAX_MARKERS_PER_LINE || space > MAX_LIST_INDENT) return true;
    at += space + marker[0].length;
  }
}
