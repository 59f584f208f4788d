import { closeSync, openSync, readFileSync, renameSync, rmSync, writeSync } from "node:fs";

/** The last bytes of an endless stream, on disk: at most two files of `maxBytes` each. */
export interface LogTail {
  write(bytes: Buffer): void;
  /** The last `maxBytes` of what was written, or all of it. Ends the writing. */
  take(): Buffer;
  /** Removes the files. */
  remove(): void;
}

/** Writes to `file`, which moves to `file.1` when it is full. Nothing is made before the first byte. */
export function openLogTail(file: string, maxBytes: number): LogTail {
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
export function writeAll(fd: number, bytes: Buffer): void {
  for (let from = 0; from < bytes.length;) from += writeSync(fd, bytes, from);
}

function readIfThere(file: string): Buffer {
  try {
    return readFileSync(file);
  } catch {
    return Buffer.alloc(0);
  }
}
