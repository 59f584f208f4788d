export interface TextSink {
  /** Resolves when all of it is handed over. A reader that has gone away is not an error: the rest is dropped. */
  readonly write: (text: string) => Promise<void>;
  readonly isTTY: boolean;
  /** Width of the terminal in cells; asked for only when `isTTY`. */
  readonly columns: () => number;
}

export interface TextSource {
  readonly isTTY: boolean;
  /** Everything until the end of the input. */
  readonly bytes: () => Promise<Uint8Array>;
  /** The next line without its line break; undefined at the end of the input. */
  readonly line: () => Promise<string | undefined>;
}

/** What the command line takes from the process it runs in, so that a test can give every part of it. */
export interface Surroundings {
  /** The words after the program's name. */
  readonly argv: readonly string[];
  readonly env: Readonly<Record<string, string | undefined>>;
  /** The caller's current folder, absolute. */
  readonly cwd: string;
  readonly stdin: TextSource;
  readonly stdout: TextSink;
  readonly stderr: TextSink;
  /** Whether somebody sits at the terminal of this process, also where one of its streams is a pipe or a file. */
  readonly isAttended: () => boolean;
  /** Wall clock, epoch milliseconds. */
  readonly now: () => number;
  /** A fresh id under which a bug is logged. */
  readonly newId: () => string;
  readonly version: string;
  /** File that bugs are appended to. */
  readonly logFile: string;
  /** Aborted by Ctrl-C. */
  readonly signal: AbortSignal;
}
