import type { Caller } from "#domain/caller.ts";
import { SluiceError } from "#domain/errors.ts";
import type { Credentials, HttpInterface } from "./http-interface.ts";

/** Headers of a request, by name in small letters. */
export type HeaderValues = Readonly<Record<string, string>>;

/** Failed proofs of an address: twenty at once, then one every three seconds. */
const FAILURES_PER_SECOND = 1 / 3;
const FAILURES_BURST = 20;

/** Says who calls, and that they do not call too often. */
export function authenticateRequests(
  http: Pick<HttpInterface, "authenticate" | "notLetIn" | "limits" | "clock">,
): (headers: HeaderValues, address: () => string) => Promise<Caller> {
  const { requestsPerSecond } = http.limits;
  const wait = rateLimit(requestsPerSecond, requestsPerSecond * 2, http.clock);
  const waitAfterFailure = rateLimit(FAILURES_PER_SECOND, FAILURES_BURST, http.clock);
  return async (headers, address) => {
    const given = credentialsIn(headers);
    const caller = await http.authenticate(given).catch(async (error: unknown) => {
      const waitS = waitAfterFailure(address());
      if (waitS > 0) throw tooMany(waitS);
      await http.notLetIn(error);
      throw error;
    });
    const waitS = requestsPerSecond === 0 ? 0 : wait(given.token ?? address());
    if (waitS > 0) throw tooMany(waitS);
    return caller;
  };
}

function credentialsIn(headers: HeaderValues): Credentials {
  const [, token] = /^Bearer (\S+)$/i.exec(headers["authorization"] ?? "") ?? [];
  const {
    "sluice-actor": actor,
    "sluice-lease": lease,
    "sluice-run": run,
    "sluice-interface": way,
  } = headers;
  return {
    ...(token ? { token } : {}),
    ...(actor ? { actor } : {}),
    ...(lease ? { lease } : {}),
    ...(run ? { run } : {}),
    ...(way ? { interface: way } : {}),
  };
}

function tooMany(waitS: number): SluiceError {
  return new SluiceError("limited", "Too many requests from this caller", {
    hint: `Try again in ${Math.ceil(waitS)}s`,
    details: { retry_after_s: Math.ceil(waitS) },
  });
}

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
