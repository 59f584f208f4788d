const UNITS = [
  ["d", 86_400_000],
  ["h", 3_600_000],
  ["m", 60_000],
  ["s", 1_000],
] as const;

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
