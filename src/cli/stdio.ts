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

/** Number of `/dev/tty` on Linux, which stands for whatever terminal controls the process that opens it. */
const OWN_TERMINAL = 0x500;

/** Whether one of the standard streams is the terminal that controls this process. One that was opened by another's name is not. */
export function isAttended(): boolean {
  const open = [0, 1, 2].filter((fd) => terminals().isTTY(fd));
  if (open.length === 0) return false;
  // Here alone: help and version do without that module, which costs a millisecond to load.
  const { closeSync, fstatSync, openSync, readFileSync } = process.getBuiltinModule("node:fs");
  try {
    if (process.platform !== "linux") {
      closeSync(openSync("/dev/tty", "r"));
      return true;
    }
    // Field 7 of proc_pid_stat(5), counted after the command name, which may itself hold blanks and parentheses.
    const stat = readFileSync("/proc/self/stat", "latin1");
    const own = Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[4]);
    return own !== 0 && open.some((fd) => [own, OWN_TERMINAL].includes(fstatSync(fd).rdev));
  } catch {
    return false;
  }
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
    hint: "The command may have changed something: look before you repeat it",
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
