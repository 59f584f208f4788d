/** Callers whose buckets are kept; beyond it the one that was quiet longest goes first. */
const MAX_BUCKETS = 10_000;

interface Bucket {
  tokens: number;
  at: number;
}

/**
 * A token bucket per key.
 * @param perSecond refilled in a second; 0 lets everything through
 * @param burst largest number that may come at once
 * @param clock milliseconds, never going back
 * @returns seconds until the next may come; 0 when this one may
 */
export function rateLimit(perSecond: number, burst: number, clock: () => number): (key: string) => number {
  const buckets = new Map<string, Bucket>();
  return (key) => {
    if (perSecond === 0) return 0;
    const now = clock();
    const known = buckets.get(key) ?? { tokens: burst, at: now };
    const tokens = Math.min(burst, known.tokens + ((now - known.at) / 1_000) * perSecond);
    const isServed = tokens >= 1;
    buckets.delete(key); // the newest stand last
    buckets.set(key, { tokens: isServed ? tokens - 1 : tokens, at: now });
    const [oldest] = buckets.keys();
    if (buckets.size > MAX_BUCKETS && oldest !== undefined) buckets.delete(oldest);
    return isServed ? 0 : (1 - tokens) / perSecond;
  };
}
