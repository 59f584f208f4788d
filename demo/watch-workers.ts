import { z } from "zod";
import type { StartedCommand } from "./sluice-cli.ts";
import { storyLines } from "../src/cli/present/work-story.ts";
import { COLUMNS, type Terminal } from "./terminal.ts";

/** What the demo reads of a worker's events; others pass by. */
export const WorkEvent = z.looseObject({
  type: z.string(),
  ref: z.string().optional(),
  run: z.string().optional(),
  title: z.string().optional(),
  repo: z.string().optional(),
  target: z.string().optional(),
  commit: z.string().optional(),
  outcome: z.string().optional(),
  message: z.string().optional(),
  reason: z.string().optional(),
  note: z.string().optional(),
  why: z.string().optional(),
});
export type WorkEvent = z.output<typeof WorkEvent>;

/** A worker that was started, under the name of its runner. */
export interface RunningWorker {
  readonly runner: string;
  readonly command: StartedCommand;
}

/** Follows a worker until it ends: each line it prints is one event. Answers its exit code. */
export async function followWorker(
  { command }: RunningWorker,
  onEvent: (event: WorkEvent) => void,
): Promise<number> {
  const decoder = new TextDecoder();
  let rest = "";
  for await (const chunk of command.stdout) {
    const lines = (rest + decoder.decode(chunk, { stream: true })).split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines.filter((text) => text !== "")) onEvent(WorkEvent.parse(JSON.parse(line)));
  }
  return command.exited;
}

/** One event in lines of at most 78 columns, as `sluice work` tells it at a terminal; undefined for those that tell nothing. */
export function eventLine(
  terminal: Terminal,
  seconds: number,
  teller: string,
  event: WorkEvent,
): string | undefined {
  return storyLines(event, { paint: terminal.paint, width: COLUMNS, seconds, teller });
}
