import { cutCells } from "./present/fit.ts";
import { safeLine } from "./present/safe-text.ts";
import type { TextSink } from "./surroundings.ts";

/** A call shorter than this shows no progress: a flash would only be noise. */
const QUIET_MS = 1_000;
const FRAME_MS = 120;
const FRAMES = ["|", "/", "-", "\\"];
const ERASE_LINE = "\r\u001b[2K";

/**
 * Shows a spinner on a terminal while something slow runs, and erases it.
 * @param label what is being done now; asked for each time it is drawn
 */
export async function withProgress<T>(sink: TextSink, label: () => string, work: Promise<T>): Promise<T> {
  let frame = 0;
  let last: Promise<void> = Promise.resolve();
  let interval: NodeJS.Timeout | undefined;
  const draw = () => {
    last = sink.write(
      `${ERASE_LINE}${FRAMES[frame++ % FRAMES.length]} ${cutCells(safeLine(label()), sink.columns() - 2)}`,
    );
  };
  const start = setTimeout(() => {
    if (!sink.isTTY) return;
    draw();
    interval = setInterval(draw, FRAME_MS);
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
