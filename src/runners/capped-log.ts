import { closeSync, openSync, readFileSync, renameSync, rmSync, writeSync } from "node:fs";

/** A log that keeps the first half and the last half of what is written, and says between them how much is gone. */
export interface CappedLog {
  write(bytes: Buffer): void;
  /** Puts the parts together and gives the file's size in bytes, never more than the cap. */
  close(): number;
}

/** Room for the line that says what was cut. */
const MARKER_BYTES = 100;

/**
 * The head goes straight into `file`. What follows goes to `file.tail`, which moves to `file.tail.1` when it is full, so
 * that memory stays small and a killed worker leaves the end of the log readable. `close` joins them.
 */
export function openCappedLog(file: string, maxBytes: number): CappedLog {
  const headMax = Math.floor((maxBytes - MARKER_BYTES) / 2);
  const tailMax = maxBytes - MARKER_BYTES - headMax;
  const tailFile = `${file}.tail`;
  const head = openSync(file, "w", 0o600);
  let tail: number | undefined;
  let headBytes = 0;
  let tailBytes = 0;
  let total = 0;

  const rotate = (): number => {
    if (tail !== undefined) {
      closeSync(tail);
      renameSync(tailFile, `${tailFile}.1`);
    }
    tailBytes = 0;
    tail = openSync(tailFile, "w", 0o600);
    return tail;
  };
  const writeTail = (bytes: Buffer): void => {
    for (let from = 0; from < bytes.length;) {
      const fd = tail === undefined || tailBytes >= tailMax ? rotate() : tail;
      const part = bytes.subarray(from, from + tailMax - tailBytes);
      writeAll(fd, part);
      tailBytes += part.length;
      from += part.length;
    }
  };
  const join = (): number => {
    if (tail === undefined) return headBytes;
    closeSync(tail);
    const both = Buffer.concat([readIfThere(`${tailFile}.1`), readFileSync(tailFile)]);
    const kept = both.subarray(Math.max(0, both.length - tailMax));
    const cut = total - headBytes - kept.length;
    const marker = Buffer.from(
      cut === 0 ? "" : `\n[… ${cut} bytes cut here to keep the log within its limit …]\n`,
    );
    writeAll(head, marker);
    writeAll(head, kept);
    return headBytes + marker.length + kept.length;
  };
  return {
    write(bytes) {
      total += bytes.length;
      const first = bytes.subarray(0, headMax - headBytes);
      writeAll(head, first);
      headBytes += first.length;
      writeTail(bytes.subarray(first.length));
    },
    close() {
      const size = join();
      closeSync(head);
      rmSync(tailFile, { force: true });
      rmSync(`${tailFile}.1`, { force: true });
      return size;
    },
  };
}

function writeAll(fd: number, bytes: Buffer): void {
  for (let from = 0; from < bytes.length;) from += writeSync(fd, bytes, from);
}

function readIfThere(file: string): Buffer {
  try {
    return readFileSync(file);
  } catch {
    return Buffer.alloc(0);
  }
}
