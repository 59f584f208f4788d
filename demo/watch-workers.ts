import { z } from "zod";
import type { StartedCommand } from "./sluice-cli.ts";
import { COLUMNS, cut, type Terminal, wrap } from "./terminal.ts";

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

/** One event in lines of at most 78 columns, what an agent gave as its reason included; undefined for those that tell a newcomer nothing. */
export function eventLine(
  terminal: Terminal,
  seconds: number,
  runner: string,
  event: WorkEvent,
): string | undefined {
  const told = tell(event);
  if (told === undefined) return undefined;
  const [text, mood] = told;
  const head = `${seconds.toFixed(1).padStart(5)}s  ${runner.padEnd(6)} `;
  const ref = (event.ref ?? "").padEnd(5);
  const body = cut(text, COLUMNS - head.length - ref.length - 1);
  const line = `${terminal.dim(head)}${ref} ${mood === undefined ? body : terminal[mood](body)}`;
  if (event.outcome !== "blocked" || event.message === undefined) return line;
  const indent = " ".repeat(head.length + ref.length + 1);
  const reason = wrap(event.message, COLUMNS - indent.length).map((text) => terminal.dim(indent + text));
  return [line, ...reason].join("\n");
}

function tell(event: WorkEvent): readonly [string, ("good" | "bad")?] | undefined {
  switch (event.type) {
    case "claimed":
      return [`${event.run} takes “${event.title}”`];
    case "prepared":
      return [`${event.run} has a worktree of ${event.repo}`];
    case "ended":
      return event.outcome === "blocked"
        ? [`${event.run} refuses it, and says what must come first`, "bad"]
        : event.outcome === "changed"
          ? undefined
          : [
              `${event.run} ended ${event.outcome}${event.message === undefined ? "" : `: ${event.message}`}`,
              "bad",
            ];
    case "checking":
      return [`${event.run} is through; the check runs on the merge result`];
    case "returned":
      return [`goes back: ${event.reason ?? event.outcome}`, "bad"];
    case "landed":
      return [`landed on ${event.target} of ${event.repo} as ${event.commit?.slice(0, 7)}`, "good"];
    case "waits":
    case "left":
      return [event.note ?? "waits", "bad"];
    case "recovered":
      return ["taken over from a worker that died"];
    case "breaker_open":
      return ["failed three times and rests; why: sluice run list", "bad"];
    case "problem":
      return [event.message ?? "a problem", "bad"];
    case "finished":
      return [event.why === "drained" ? "ends its shift" : "finds nothing left to do"];
    default:
      return undefined;
  }
}
