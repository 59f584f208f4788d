import type { TextSink, TextSource } from "./surroundings.ts";

/** Cells of a terminal that does not tell its width. */
const DEFAULT_COLUMNS = 80;

/** What `node:tty` is made of: that module costs 4 ms to load, and a stream of it, which knows the width, 15. */
interface Terminals {
  readonly isTTY: (fd: number) => boolean;
  readonly TTY: new (fd: number) => {
    readonly getWindowSize: (size: [columns: number, rows: number]) => unknown;
  };
}

const terminals = (): Terminals => process.binding("tty_wrap") as Terminals;

/** Cells of a terminal's line. One that was never given a size says 0. */
function widthOf(fd: 1 | 2): number {
  const size: [number, number] = [0, 0];
  new (terminals().TTY)(fd).getWindowSize(size);
  return size[0] || DEFAULT_COLUMNS;
}

/** Standard output or error without Node's stream objects, whose first use costs 8 ms and more. */
export function standardSink(fd: 1 | 2): TextSink {
  const file = fd === 1 ? Bun.stdout : Bun.stderr;
  let isClosed = false;
  return {
    get isTTY() {
      return terminals().isTTY(fd);
    },
    columns: () => widthOf(fd),
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
      return terminals().isTTY(0);
    },
    bytes: () => Bun.stdin.bytes(),
    line: async () => {
      lines ??= console[Symbol.asyncIterator]();
      const next = await lines.next();
      return next.done === true ? undefined : next.value;
    },
  };
}
