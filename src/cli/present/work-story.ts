import { counted } from "#domain/text/counted.ts";
import { cells, cutCells, padCells, safeLine, safeText, wrapCells } from "./fit.ts";
import type { Paint } from "./presenter.ts";

/** A worker's event, as far as it is told to a person. */
export interface StoryEvent {
  readonly type: string;
  readonly ref?: string | undefined;
  readonly run?: string | undefined;
  readonly title?: string | undefined;
  readonly runner?: string | undefined;
  readonly repo?: string | undefined;
  readonly target?: string | undefined;
  readonly commit?: string | undefined;
  readonly outcome?: string | undefined;
  readonly message?: string | undefined;
  readonly reason?: string | undefined;
  readonly note?: string | undefined;
  readonly why?: string | undefined;
}

interface StoryView {
  readonly paint: Paint;
  /** Cells per line. */
  readonly width: number;
  /** Since the worker began. */
  readonly seconds: number;
  /** Whose story it is, where several are told side by side. */
  readonly teller?: string | undefined;
}

type Mood = "plain" | "good" | "bad";

interface Told {
  readonly text: string;
  readonly mood?: Mood;
  /** Told in full below: what went wrong, or what to do. */
  readonly detail?: string | undefined;
}

/** One step of a worker in a line, and below it what a person has to read in full; undefined for a step that tells nothing. */
export function storyLines(event: StoryEvent, view: StoryView): string | undefined {
  const told = tell(event);
  if (told === undefined) return undefined;
  const { paint, width } = view;
  const teller = view.teller === undefined ? "" : `${padCells(safeLine(view.teller), 6)} `;
  const head = `${view.seconds.toFixed(1).padStart(6)}s  ${teller}`;
  const ref = padCells(safeLine(event.ref ?? ""), 6);
  const text = cutCells(safeLine(told.text), width - cells(head) - cells(ref) - 1);
  const mood = told.mood ?? "plain";
  const colour = mood === "plain" ? (one: string) => one : mood === "good" ? paint.green : paint.yellow;
  const indent = " ".repeat(cells(head) + cells(ref) + 1);
  const detail =
    told.detail === undefined
      ? []
      : wrapCells(safeText(told.detail).trimEnd(), width - cells(indent))
          .split("\n")
          .map((line) => paint.dim(indent + line));
  return [`${paint.dim(head)}${paint.bold(ref)} ${colour(text)}`, ...detail].join("\n");
}

function tell(event: StoryEvent): Told | undefined {
  const { run = "", repo = "", message, note } = event;
  switch (event.type) {
    case "claimed":
      return { text: `${run} starts “${event.title ?? ""}”` };
    case "prepared":
      return { text: `${run} has a worktree of ${repo}` };
    case "ended":
      return ended(event);
    case "checking":
      return { text: `${run} has finished; the check runs on the merge result` };
    case "returned":
      return { text: `goes back: ${event.outcome ?? ""}`, mood: "bad", detail: event.reason };
    case "landed":
      return {
        text: `landed on ${event.target ?? ""} of ${repo} as ${event.commit?.slice(0, 7) ?? ""}`,
        mood: "good",
      };
    case "premise_failed":
      return { text: `${run} is not started: a premise does not hold`, mood: "bad" };
    case "waits":
    case "left":
      return { text: "waits for you", mood: "bad", detail: note ?? `See why: sluice why ${event.ref ?? ""}` };
    case "recovered":
      return { text: `${run} is taken over from a worker that has died` };
    case "breaker_open":
      return {
        text: `${event.runner ?? "The runner"} failed three times in a row and is not started for now`,
        mood: "bad",
        detail: "See why with: sluice run list",
      };
    case "authority":
      return message === undefined ? undefined : { text: "This workspace is strict now", detail: message };
    case "problem":
      return { text: "a problem", mood: "bad", detail: message };
    default:
      return undefined;
  }
}

function ended({ run = "", outcome, message }: StoryEvent): Told | undefined {
  if (outcome === "changed") return undefined;
  if (outcome === "blocked")
    return { text: `${run} blocks it, and says what must come first`, mood: "bad", detail: message };
  return { text: `${run} ended: ${outcome?.replaceAll("_", " ") ?? ""}`, mood: "bad", detail: message };
}

/** Counts what a worker brings about, however long it works; `end` tells it in one sentence. */
export function storyCount(): {
  readonly take: (event: StoryEvent) => void;
  readonly end: (last: StoryEvent) => string;
} {
  const counts = new Map<string, number>();
  const count = (type: string) => counts.get(type) ?? 0;
  return {
    take: ({ type }) => void counts.set(type, count(type) + 1),
    end: ({ why }) => {
      const waits = count("waits") + count("left");
      const parts = [
        counted(count("claimed"), "run"),
        `${count("landed")} landed`,
        ...(count("returned") === 0 ? [] : [`${count("returned")} went back`]),
        ...(waits === 0 ? [] : [`${waits} for you to look at`]),
      ];
      const head = why === "drained" || why === "stopped" ? "Stopped" : "Nothing left to do";
      return `${head}: ${parts.join(", ")}. Next: sluice`;
    },
  };
}
