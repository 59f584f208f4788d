import { fstatSync } from "node:fs";
import type { TextSink, TextSource } from "./surroundings.ts";

/** Cells of a terminal that does not tell its width. */
const DEFAULT_COLUMNS = 80;

/** Asks the file first: `node:tty` costs 2 ms to load, and what a script gives is no device at all. */
function isTerminal(fd: 0 | 1 | 2): boolean {
  try {
    return fstatSync(fd).isCharacterDevice() && process.getBuiltinModule("node:tty").isatty(fd);
  } catch {
    // A closed descriptor.
    return false;
  }
}

/** Standard output or error without Node's stream objects, whose first use costs 8 ms and more. */
export function standardSink(fd: 1 | 2): TextSink {
  const file = fd === 1 ? Bun.stdout : Bun.stderr;
  let isClosed = false;
  return {
    get isTTY() {
      return isTerminal(fd);
    },
    // A terminal that was never given a size says 0.
    columns: () => (fd === 1 ? process.stdout : process.stderr).columns || DEFAULT_COLUMNS,
    write: async (text) => {
      if (isClosed || text === "") return;
      try {
        await Bun.write(file, text);
      } catch (error) {
        // `sluice item list | head` ends quietly: nobody is left to tell.
        if (!isBrokenPipe(error)) throw fd === 1 ? await unwritten(error) : error;
        isClosed = true;
      }
    },
  };
}

/** A full disk behind `> FILE`, for instance. What the command did before it answered is done. */
async function unwritten(cause: unknown): Promise<Error> {
  const { SluiceError } = await import("#domain/errors.ts");
  const why = cause instanceof Error && "code" in cause ? ` (${String(cause.code)})` : "";
  return new SluiceError("unavailable", `The answer could not be written to standard output${why}`, {
    hint: "What the command changed is changed: look before you call it again",
    cause,
  });
}

function isBrokenPipe(error: unknown): boolean {
  return error instanceof Error && "code" in error && error.code === "EPIPE";
}

export function standardInput(): TextSource {
  let lines: AsyncIterator<string> | undefined;
  return {
    get isTTY() {
      return isTerminal(0);
    },
    bytes: () => Bun.stdin.bytes(),
    line: async () => {
      lines ??= console[Symbol.asyncIterator]();
      const next = await lines.next();
      return next.done === true ? undefined : next.value;
    },
  };
}
