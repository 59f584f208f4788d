import type { StatusWord, TodoStatus } from "./todo-item.ts";

const STATUS_WORDS = {
  open: [
    "open",
    "todo",
    "to do",
    "new",
    "pending",
    "ready",
    "planned",
    "not started",
    "captured",
    "proposed",
    "reopened",
  ],
  doing: ["doing", "in progress", "in-progress", "wip", "started", "active", "ongoing"],
  blocked: ["blocked", "waiting", "on hold", "stuck"],
  review: ["review", "in review", "in-review"],
  deferred: ["deferred", "parked", "later", "someday", "snoozed", "postponed"],
  done: [
    "done",
    "complete",
    "completed",
    "closed",
    "fixed",
    "resolved",
    "shipped",
    "landed",
    "merged",
    "finished",
  ],
  dropped: [
    "dropped",
    "cancelled",
    "canceled",
    "won't do",
    "wont do",
    "won't fix",
    "wontfix",
    "rejected",
    "obsolete",
    "abandoned",
  ],
} as const satisfies Record<Exclude<StatusWord, "unknown">, readonly string[]>;

const WORDS: readonly (readonly [string, StatusWord])[] = Object.entries(STATUS_WORDS)
  .flatMap(([word, spellings]) => spellings.map((spelling) => [spelling, statusWord(word)] as const))
  .toSorted(([left], [right]) => right.length - left.length);

const DATE = /(?<![\d-])(\d{4})-(\d{2})-(\d{2})(?![\d-])/g;
/** How far before a date, in characters, its word of capture is looked for. */
const NEAR = 40;
const CAPTURE_WORD = /(?:captured|created|added|noted|flagged|opened|reported|since)(?: on| at)?:?[\s*_]*$/i;

/** Narrows a word to the known ones. */
function statusWord(word: string): StatusWord {
  switch (word) {
    case "open":
    case "doing":
    case "blocked":
    case "review":
    case "deferred":
    case "done":
    case "dropped":
      return word;
    default:
      return "unknown";
  }
}

/** The known word a status begins with, and where it stands in the text. */
export function leadingStatusWord(
  text: string,
): { word: StatusWord; start: number; end: number } | undefined {
  const start = text.search(/[\p{L}\p{N}]/u);
  if (start === -1) return undefined;
  const rest = text.slice(start).toLowerCase().replaceAll("’", "'");
  for (const [spelling, word] of WORDS) {
    if (rest.startsWith(spelling) && !/^[\p{L}\p{N}]/u.test(rest.slice(spelling.length))) {
      return { word, start, end: start + spelling.length };
    }
  }
  return undefined;
}

/** Reads a status such as `open (captured 2026-05-01)`; `captured` is the value of a field of its own, if there is one. */
export function readStatus(text: string, captured: string | undefined): TodoStatus {
  const word = leadingStatusWord(text)?.word ?? "unknown";
  const capturedOn = (captured === undefined ? undefined : firstDate(captured)) ?? captureDate(text, word);
  return { text, word, ...(capturedOn === undefined ? {} : { capturedOn }) };
}

/** The date after a word of capture; else, while the item is not closed, the first date. */
function captureDate(text: string, word: StatusWord): string | undefined {
  for (const match of text.matchAll(DATE)) {
    if (
      CAPTURE_WORD.test(text.slice(Math.max(0, match.index - NEAR), match.index)) &&
      isCalendarDay(match[0])
    )
      return match[0];
  }
  return word === "done" || word === "dropped" ? undefined : firstDate(text);
}

function firstDate(text: string): string | undefined {
  return [...text.matchAll(DATE)].map((match) => match[0]).find(isCalendarDay);
}

function isCalendarDay(day: string): boolean {
  const time = Date.parse(`${day}T00:00:00Z`);
  return !Number.isNaN(time) && new Date(time).toISOString().startsWith(day);
}
