/** Entries that are kept; the one that was set first goes first. */
const MAX_ENTRIES = 500;

interface Entry<T> {
  readonly value: T;
  readonly state: string;
  readonly at: number;
}

/** What was found a moment ago and still holds: nothing was written since, and time has hardly passed. */
export interface ShortMemory<T> {
  readonly find: (key: string) => T | undefined;
  /** @param state of the workspace before the value was read */
  readonly keep: (key: string, state: string | undefined, value: T) => void;
}

/**
 * @param state another text once anything was written; undefined where that is not known, and nothing is kept
 * @param clock milliseconds, never going back
 * @param maxAgeMs how much later what depends on the time may be told
 */
export function shortMemory<T>(
  state: () => string | undefined,
  clock: () => number,
  maxAgeMs: number,
): ShortMemory<T> {
  const entries = new Map<string, Entry<T>>();
  return {
    find: (key) => {
      const entry = entries.get(key);
      if (entry === undefined || clock() - entry.at > maxAgeMs) return undefined;
      return entry.state === state() ? entry.value : undefined;
    },
    keep: (key, before, value) => {
      // What was read while something changed may be of before or of after.
      if (before === undefined || before !== state()) return;
      entries.delete(key);
      entries.set(key, { value, state: before, at: clock() });
      const [oldest] = entries.keys();
      if (entries.size > MAX_ENTRIES && oldest !== undefined) entries.delete(oldest);
    },
  };
}
