/** Longer lines are dropped whole: an event that large is a tool's output, and half a JSON text is none. */
const MAX_LINE_BYTES = 4 * 1024 * 1024;

/** Cuts one stream's bytes into lines; holds at most one line, whatever comes. */
export interface LineSplitter {
  push(chunk: Buffer): void;
  /** The last line, where it had no end. */
  flush(): void;
}

/** `onLine` gets each line without its end, decoded as UTF-8 with U+FFFD for what is none. Empty lines are left out. */
export function createLineSplitter(
  onLine: (line: string) => void,
  maxLineBytes = MAX_LINE_BYTES,
): LineSplitter {
  let parts: Buffer[] = [];
  let size = 0;
  const add = (part: Buffer): void => {
    size += part.length;
    if (size <= maxLineBytes) parts.push(part);
    else parts = [];
  };
  const end = (): void => {
    if (size === 0) return;
    const line = size > maxLineBytes ? "" : Buffer.concat(parts).toString("utf8").replace(/\r$/, "");
    parts = [];
    size = 0;
    if (line !== "") onLine(line);
  };
  return {
    push(chunk) {
      let from = 0;
      for (let at = chunk.indexOf(10); at !== -1; at = chunk.indexOf(10, from)) {
        if (at > from) add(chunk.subarray(from, at));
        end();
        from = at + 1;
      }
      if (from < chunk.length) add(Buffer.from(chunk.subarray(from)));
    },
    flush: end,
  };
}
