import { join } from "node:path";
import { z } from "zod";

const SLUICE = join(import.meta.dir, "..", "..", "bin", "sluice");
const Told = z.object({ url: z.string() });

/** A real `sluice serve`, on a free port of this machine. */
export interface Served extends Disposable {
  readonly url: string;
  readonly pid: number;
  /** Sends SIGTERM and answers the exit code. */
  readonly stop: () => Promise<number>;
}

export async function serve(
  env: Readonly<Record<string, string>>,
  cwd: string,
  args: readonly string[] = [],
): Promise<Served> {
  const child = Bun.spawn([SLUICE, "serve", "--port", "0", "--json", ...args], {
    cwd,
    env,
    stdin: "ignore",
    stdout: "pipe",
    stderr: "pipe",
  });
  const line = await firstLine(child.stdout);
  if (line === undefined) throw new Error(`The server did not start: ${await child.stderr.text()}`);
  return {
    url: Told.parse(JSON.parse(line)).url,
    pid: child.pid,
    stop: async () => {
      child.kill("SIGTERM");
      return await child.exited;
    },
    [Symbol.dispose]: () => child.kill("SIGKILL"),
  };
}

async function firstLine(stream: ReadableStream<Uint8Array>): Promise<string | undefined> {
  let text = "";
  const decoder = new TextDecoder();
  for await (const bytes of stream) {
    text += decoder.decode(bytes, { stream: true });
    if (text.includes("\n")) return text.slice(0, text.indexOf("\n"));
  }
  return undefined;
}
