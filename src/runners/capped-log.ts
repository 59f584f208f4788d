import { closeSync, openSync } from "node:fs";
import { openLogTail, writeAll } from "./log-tail.ts";

/**
 * A log that keeps the first half and the last half of what is written, and says between them how much is gone. Once
 * writing has failed (a full disk) it takes no more and stays as it is.
 */
export interface CappedLog {
  write(bytes: Buffer): void;
  /** Puts the parts together and gives the file's size in bytes, never more than the cap. */
  close(): number;
}

/** Room for the line that says what was cut. */
const MARKER_BYTES = 100;

/**
 * The head goes straight into `file`, what follows into `file.tail`, so that memory stays small and a killed worker
 * leaves the end of the log readable. `close` joins them.
 */
export function openCappedLog(file: string, maxBytes: number): CappedLog {
  const headMax = Math.floor((maxBytes - MARKER_BYTES) / 2);
  const tail = openLogTail(`${file}.tail`, maxBytes - MARKER_BYTES - headMax);
  tail.remove();
  const head = openSync(file, "w", 0o600);
  let headBytes = 0;
  let tailBytes = 0;
  let isBroken = false;

  const write = (bytes: Buffer): void => {
    const first = bytes.subarray(0, headMax - headBytes);
    writeAll(head, first);
    headBytes += first.length;
    tail.write(bytes.subarray(first.length));
    tailBytes += bytes.length - first.length;
  };
  const join = (): number => {
    const kept = tail.take();
    const cut = tailBytes - kept.length;
    const marker = Buffer.from(
      cut === 0 ? "" : `\n[… ${cut} bytes cut here to keep the log within its limit …]\n`,
    );
    writeAll(head, Buffer.concat([marker, kept]));
    tail.remove();
    return headBytes + marker.length + kept.length;
  };
  const attempt = <T>(action: () => T, otherwise: T): T => {
    if (isBroken) return otherwise;
    try {
      return action();
    } catch {
      isBroken = true;
      return otherwise;
    }
  };
  return {
    write: (bytes) => attempt(() => write(bytes), undefined),
    close() {
      const size = attempt(join, headBytes);
      closeSync(head);
      return size;
    },
  };
}
