import { readDurationMs } from "./duration.ts";

const DATE = /^(\d{4})-(\d{2})-(\d{2})$/;
const DATE_TIME = /^\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}(:\d{2}(\.\d{1,3})?)?(Z|[+-]\d{2}:\d{2})?$/;

export const TIME_FORM = "a time such as 2026-12-01, 2026-12-01T09:30, 2h (from now), today or tomorrow";

/** Epoch milliseconds. A date is its first moment in the local zone, a duration counts from `now`. Undefined for anything else. */
export function readTime(text: string, now: number): number | undefined {
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
