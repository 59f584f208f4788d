const UNIT_MS: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1_000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
  w: 604_800_000,
};
const WHOLE = /^(\d+(\.\d+)?(ms|s|m|h|d|w))+$/;
const PART = /(\d+(?:\.\d+)?)(ms|s|m|h|d|w)/g;

export const DURATION_FORM = "a duration such as 90s, 15m, 2h, 1h30m, 3d or 1w";

/** Milliseconds of `15m` or `1h30m`; undefined for anything else, a bare number and what overflows included. */
export function readDurationMs(text: string): number | undefined {
  if (!WHOLE.test(text)) return undefined;
  const parts = [...text.matchAll(PART)];
  const total = parts.reduce((sum, [, digits, unit]) => sum + Number(digits) * (UNIT_MS[unit ?? ""] ?? 0), 0);
  return Number.isSafeInteger(Math.round(total)) ? Math.round(total) : undefined;
}

const UNITS = [
  ["d", 86_400_000],
  ["h", 3_600_000],
  ["m", 60_000],
  ["s", 1_000],
] as const;

/** The shortest exact form: `15m`, `90s`, `1500ms`. */
export function formatDuration(ms: number): string {
  const [unit, size] = UNITS.find(([, length]) => ms >= length && ms % length === 0) ?? ["ms", 1];
  return `${ms / size}${unit}`;
}

/** A moment between the asking and the showing. */
const SLACK_MS = 900;

/** `3m ago`, `in 2h`, `now`; text that is not an ISO time comes back as it is. */
export function relativeTime(iso: string, now: number): string {
  const time = new Date(iso).getTime();
  if (iso === "" || Number.isNaN(time)) return iso;
  const distance = Math.abs(now - time);
  const nearly = time > now ? distance + SLACK_MS : distance;
  const [unit, size] = UNITS.find(([, length]) => nearly >= length) ?? ["s", 0];
  if (size === 0) return "now";
  // What lies ahead was asked for in whole units a moment ago: 2h less a second is still "in 2h".
  const amount = time > now ? Math.round(distance / size) : Math.floor(distance / size);
  return time > now ? `in ${amount}${unit}` : `${amount}${unit} ago`;
}
