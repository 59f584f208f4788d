import type { CappedLog } from "./capped-log.ts";
import { createRedactor, type Redactor } from "./redactor.ts";

/** How much of stderr is kept for the message: the last lines say why. */
const STDERR_TAIL_CHARS = 2_000;

interface OutputOptions {
  readonly secrets: readonly string[];
  readonly log: CappedLog;
  /** Gets the lines of stdout as they are: a secret that looks like a number would break an event. Undefined: nobody reads them. */
  readonly onLine: ((line: string) => void) | undefined;
}

interface Output {
  readonly stdout: (chunk: Buffer) => void;
  readonly stderr: (chunk: Buffer) => void;
  /** Lets go of what was held back, and gives the last of stderr. */
  end(): string;
}

/** Where a run's output goes: both streams redacted into one log, stdout also line by line to the reader of events. */
export function createOutput(options: OutputOptions): Output {
  const lines = options.onLine === undefined ? undefined : createLineSplitter(options.onLine);
  let stderrTail = Buffer.alloc(0);
  // A pipe that a stranger holds open may bring more when the log is closed.
  let hasEnded = false;
  const out = createRedactor(options.secrets);
  const err = createRedactor(options.secrets);
  const takeOut = (bytes: Buffer): void => options.log.write(bytes);
  const takeErr = (bytes: Buffer): void => {
    options.log.write(bytes);
    stderrTail = Buffer.concat([stderrTail, bytes]).subarray(-4 * STDERR_TAIL_CHARS);
  };
  const flush = (redactor: Redactor, take: (bytes: Buffer) => void): void => take(redactor.flush());
  return {
    stdout: (chunk) => {
      if (hasEnded) return;
      lines?.push(chunk);
      takeOut(out.push(chunk));
    },
    stderr: (chunk) => {
      if (!hasEnded) takeErr(err.push(chunk));
    },
    end() {
      hasEnded = true;
      flush(out, takeOut);
      flush(err, takeErr);
      lines?.flush();
      return stderrTail.toString("utf8").trim().slice(-STDERR_TAIL_CHARS);
    },
  };
}

/** Longer lines are dropped whole: an event that large is a tool's output, and half a JSON text is none. */
const MAX_LINE_BYTES = 4 * 1024 * 1024;

/** Cuts one stream's bytes into lines; holds at most one line, whatever comes. */
interface LineSplitter {
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
