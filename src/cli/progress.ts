import { cutCells, safeLine } from "#cli/present/fit.ts";
import type { TextSink } from "./surroundings.ts";

/** A call shorter than this shows no progress: a flash would only be noise. */
const QUIET_MS = 1_000;
const FRAME_MS = 120;
/** Into a file or a pipe what a command counts is written this often: enough to see that it lives, few lines in a log. */
const LINE_MS = 5_000;
const FRAMES = ["|", "/", "-", "\\"];
export const ERASE_LINE = "\r\u001b[2K";

export interface Doing {
  readonly summary: string;
  /** How far it is, in the command's own words; undefined where it does not say. */
  readonly told: () => string | undefined;
  /** Whether it waits for the person, who then types on that line. */
  readonly waits?: () => boolean;
}

/** Shows a spinner on a terminal while something slow runs, and erases it; elsewhere a line now and then, of what tells how far it is. */
export async function withProgress<T>(sink: TextSink, doing: Doing, work: Promise<T>): Promise<T> {
  let frame = 0;
  let last: Promise<void> = Promise.resolve();
  let interval: NodeJS.Timeout | undefined;
  const draw = () => {
    if (doing.waits?.() === true) return;
    last = sink.write(
      `${ERASE_LINE}${FRAMES[frame++ % FRAMES.length]} ${cutCells(safeLine(doing.told() ?? doing.summary), sink.columns() - 2)}`,
    );
  };
  const tell = () => {
    const line = doing.told();
    if (line !== undefined) last = sink.write(`${safeLine(line)}\n`);
  };
  const start = setTimeout(() => {
    if (sink.isTTY) draw();
    interval = setInterval(sink.isTTY ? draw : tell, sink.isTTY ? FRAME_MS : LINE_MS);
  }, QUIET_MS);
  try {
    return await work;
  } finally {
    clearTimeout(start);
    clearInterval(interval);
    await last;
    if (frame > 0) await sink.write(ERASE_LINE);
  }
}
