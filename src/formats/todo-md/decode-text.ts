import type { TodoProblem } from "./todo-item.ts";

export const BYTE_ORDER_MARK = "\uFEFF";

export interface DecodedText {
  readonly hasByteOrderMark: boolean;
  /** The text after the byte order mark. */
  readonly text: string;
  readonly problems: readonly TodoProblem[];
}

/** Reads UTF-8. Bytes that are none are a problem at their line, never replaced. */
export function decodeText(input: Uint8Array | string): DecodedText {
  if (typeof input === "string") {
    return input.isWellFormed()
      ? split(input, [])
      : split("", [notUtf8(lineOf(input, (line) => !line.isWellFormed()))]);
  }
  try {
    return split(new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(input), []);
  } catch {
    return split("", [notUtf8(firstBadLine(input))]);
  }
}

function split(whole: string, problems: readonly TodoProblem[]): DecodedText {
  const hasByteOrderMark = whole.startsWith(BYTE_ORDER_MARK);
  return { hasByteOrderMark, text: hasByteOrderMark ? whole.slice(1) : whole, problems };
}

function notUtf8(line: number): TodoProblem {
  return { line, message: `Line ${line} is not valid UTF-8. Save the file as UTF-8 and try again.` };
}

function lineOf(text: string, isBad: (line: string) => boolean): number {
  return Math.max(0, text.split("\n").findIndex(isBad)) + 1;
}

function firstBadLine(bytes: Uint8Array): number {
  const decoder = new TextDecoder("utf-8", { fatal: true });
  let line = 1;
  let start = 0;
  for (;;) {
    const newline = bytes.indexOf(0x0a, start);
    const end = newline === -1 ? bytes.length : newline;
    try {
      decoder.decode(bytes.subarray(start, end));
    } catch {
      return line;
    }
    if (newline === -1) return line;
    start = newline + 1;
    line += 1;
  }
}
