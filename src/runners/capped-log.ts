import { closeSync, openSync, readFileSync, renameSync, rmSync, writeSync } from "node:fs";

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

/** The last bytes of an endless stream, on disk: at most two files of `maxBytes` each. */
interface LogTail {
  write(bytes: Buffer): void;
  /** The last `maxBytes` of what was written, or all of it. Ends the writing. */
  take(): Buffer;
  /** Removes the files. */
  remove(): void;
}

/** Writes to `file`, which moves to `file.1` when it is full. Nothing is made before the first byte. */
function openLogTail(file: string, maxBytes: number): LogTail {
  const previous = `${file}.1`;
  let fd: number | undefined;
  let size = 0;
  const rotate = (): number => {
    if (fd !== undefined) {
      closeSync(fd);
      renameSync(file, previous);
    }
    size = 0;
    fd = openSync(file, "w", 0o600);
    return fd;
  };
  return {
    write(bytes) {
      for (let from = 0; from < bytes.length;) {
        const target = fd === undefined || size >= maxBytes ? rotate() : fd;
        const part = bytes.subarray(from, from + maxBytes - size);
        writeAll(target, part);
        size += part.length;
        from += part.length;
      }
    },
    take() {
      if (fd === undefined) return Buffer.alloc(0);
      closeSync(fd);
      fd = undefined;
      const both = Buffer.concat([readIfThere(previous), readFileSync(file)]);
      return both.subarray(Math.max(0, both.length - maxBytes));
    },
    remove() {
      rmSync(file, { force: true });
      rmSync(previous, { force: true });
    },
  };
}

/** A write may take less than it was given. */
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
