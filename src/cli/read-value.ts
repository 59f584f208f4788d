import { invalidField, SluiceError } from "#domain/errors.ts";
import type { FlagSpec } from "./command-form.ts";
import { DURATION_FORM, readDurationMs } from "./duration.ts";
import { didYouMean, nearWords } from "./near-words.ts";

/** Turns the text of a flag or word into the value that the schema expects. Refuses with `invalid`, naming the flag as `label`. */
export function readValue(spec: FlagSpec, label: string, text: string, now: number): unknown {
  const { value } = spec;
  switch (value.is) {
    case "text":
      return text;
    case "wrapped":
      return { [value.key]: text };
    case "boolean":
      return readBoolean(label, text);
    case "number":
      return readNumber(label, text);
    case "choice":
      return readChoice(label, text, value.choices);
    case "duration":
      return orInvalid(readDurationMs(text), label, text, DURATION_FORM);
    case "time":
      return orInvalid(readTime(text, now), label, text, TIME_FORM);
    case "pair":
      return readPair(label, text, value.as);
    case "json":
      return readJson(label, text);
  }
}

function orInvalid<T>(value: T | undefined, label: string, text: string, accepted: string): T {
  if (value === undefined) throw invalidField(label, text, accepted);
  return value;
}

function readBoolean(label: string, text: string): boolean {
  if (text === "true") return true;
  if (text === "false") return false;
  throw invalidField(label, text, "true or false");
}

function readNumber(label: string, text: string): number {
  return orInvalid(/^[+-]?\d+(\.\d+)?$/.test(text) ? Number(text) : undefined, label, text, "a number");
}

function readChoice(label: string, text: string, choices: readonly string[]): string {
  if (choices.includes(text)) return text;
  const refusal = invalidField(label, text, `one of ${choices.join(", ")}`);
  const hint = didYouMean(nearWords(text, choices));
  if (hint === undefined) throw refusal;
  throw new SluiceError("invalid", refusal.message, { hint, details: refusal.details });
}

function readPair(label: string, text: string, as: "record" | "text" | readonly [string, string]): unknown {
  const at = text.indexOf("=");
  if (at < 1) throw invalidField(label, text, "key=value");
  const [key, value] = [text.slice(0, at), text.slice(at + 1)];
  if (as === "text") return text;
  return as === "record" ? { [key]: value } : { [as[0]]: key, [as[1]]: value };
}

function readJson(label: string, text: string): unknown {
  try {
    const value: unknown = JSON.parse(text);
    return value;
  } catch {
    throw invalidField(label, text, "JSON");
  }
}

const DATE = /^(\d{4})-(\d{2})-(\d{2})$/;
const DATE_TIME = /^\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}(:\d{2}(\.\d{1,3})?)?(Z|[+-]\d{2}:\d{2})?$/;

const TIME_FORM = "a time such as 2026-12-01, 2026-12-01T09:30, 2h (from now), today or tomorrow";

/** Epoch milliseconds. A date is its first moment in the local zone, a duration counts from `now`. Undefined for anything else. */
function readTime(text: string, now: number): number | undefined {
  if (text === "today" || text === "tomorrow") return startOfDay(now, text === "today" ? 0 : 1);
  const durationMs = readDurationMs(text);
  if (durationMs !== undefined) return now + durationMs;
  const [, year, month, day] = DATE.exec(text) ?? [];
  if (year !== undefined) return localDate(Number(year), Number(month), Number(day));
  if (!DATE_TIME.test(text)) return undefined;
  const time = new Date(text.replace(" ", "T")).getTime();
  return Number.isNaN(time) ? undefined : time;
}

function startOfDay(now: number, daysAhead: number): number {
  const date = new Date(now);
  return new Date(date.getFullYear(), date.getMonth(), date.getDate() + daysAhead).getTime();
}

function localDate(year: number, month: number, day: number): number | undefined {
  const date = new Date(year, month - 1, day);
  // 2026-02-30 would roll over into March.
  return date.getMonth() === month - 1 && date.getDate() === day ? date.getTime() : undefined;
}
