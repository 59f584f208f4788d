const UNITS = [
  ["d", 86_400_000],
  ["h", 3_600_000],
  ["m", 60_000],
  ["s", 1_000],
] as const;

/** `3 m ago`, `in 2 h`, `now`; text that is no ISO time comes back as it is. */
export function relativeTime(iso: string, now: number): string {
  const time = new Date(iso).getTime();
  if (iso === "" || Number.isNaN(time)) return iso;
  const distance = Math.abs(now - time);
  const [unit, size] = UNITS.find(([, length]) => distance >= length) ?? ["s", 0];
  if (size === 0) return "now";
  const amount = `${Math.floor(distance / size)} ${unit}`;
  return time > now ? `in ${amount}` : `${amount} ago`;
}
