import { join } from "node:path";

import { interruption } from "./interruption.ts";

export const ROOT = join(import.meta.dir, "..");

export interface ProgramRun {
  /** The program's own exit code, or 128 plus the signal that ended it. */
  readonly code: number;
  /** Both streams, when they were asked for. */
  readonly output: string;
}

interface ProgramOptions {
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** `show` passes the program's lines on, `keep` returns them, `both` does both with stdout. Default: show. */
  readonly output?: "show" | "keep" | "both";
}

/** Runs a program of this project without a shell and without stdin. Interrupted, it ends the program and throws. */
export async function runProgram(argv: readonly string[], options: ProgramOptions = {}): Promise<ProgramRun> {
  interruption.throwIfAborted();
  const mode = options.output ?? "show";
  const child = Bun.spawn([...argv], {
    cwd: options.cwd ?? ROOT,
    env: options.env ?? process.env,
    stdin: "ignore",
    stdout: mode === "show" ? "inherit" : "pipe",
    stderr: mode === "keep" ? "pipe" : "inherit",
  });
  const end = () => child.kill("SIGTERM");
  interruption.addEventListener("abort", end);
  try {
    const [out, err] = await Promise.all([
      collect(child.stdout, mode === "both"),
      collect(child.stderr, false),
    ]);
    const code = await child.exited;
    interruption.throwIfAborted();
    return { code, output: out + err };
  } finally {
    interruption.removeEventListener("abort", end);
  }
}

async function collect(stream: ReadableStream<Uint8Array> | undefined, show: boolean): Promise<string> {
  if (stream === undefined) return "";
  const decoder = new TextDecoder();
  let text = "";
  for await (const chunk of stream) {
    if (show) process.stdout.write(chunk);
    text += decoder.decode(chunk, { stream: true });
  }
  return text + decoder.decode();
}
