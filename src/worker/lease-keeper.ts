import { SluiceError } from "#domain/errors.ts";
import type { WorkerDeps } from "./worker-deps.ts";

/** Keeps one lease alive while its work goes on. */
export interface LeaseKeeper {
  /** Aborted once the lease is no longer ours: ended by the agent's own report, revoked, or expired. */
  readonly lost: AbortSignal;
  /** Until when it was last renewed from here, in the store's time, epoch ms; undefined before the first renewal. */
  readonly renewedUntil: () => number | undefined;
  /** Ends the keeping, not the lease. */
  readonly release: () => Promise<void>;
}

export interface KeptLease {
  readonly leaseId: string;
  readonly ttlMs: number;
  /** Looked at each poll: true ends the keeping, since the lease has ended. */
  readonly isOver?: () => Promise<boolean>;
}

/** What of a session a lease is kept with. */
interface KeeperSession {
  readonly deps: Pick<WorkerDeps, "port" | "host" | "now" | "sleep"> & {
    readonly limits: Pick<WorkerDeps["limits"], "pollMs">;
  };
}

/** A heartbeat each third of the lease: two may fail before it expires. */
const BEATS_PER_LEASE = 3;

export function keepLease(session: KeeperSession, lease: KeptLease): LeaseKeeper {
  const lost = new AbortController();
  const released = new AbortController();
  let renewedUntil: number | undefined;
  const noteRenewal = (expiresAt: number): void => {
    renewedUntil = expiresAt;
  };
  const done = beat(session, { ...lease, noteRenewal }, lost, released.signal);
  return {
    lost: lost.signal,
    renewedUntil: () => renewedUntil,
    release: async () => {
      released.abort();
      await done;
    },
  };
}

async function beat(
  { deps }: KeeperSession,
  lease: KeptLease & { readonly noteRenewal: (expiresAt: number) => void },
  lost: AbortController,
  released: AbortSignal,
): Promise<void> {
  const everyMs = lease.ttlMs / BEATS_PER_LEASE;
  const stepMs = Math.min(everyMs, deps.limits.pollMs);
  // The store's clock is not ours: only the length of the lease counts, from before each renewal was asked for.
  let expiresAt = deps.now() + lease.ttlMs;
  let nextBeatAt = deps.now() + everyMs;
  while (!released.aborted && !lost.signal.aborted) {
    await deps.sleep(stepMs, released);
    if (released.aborted) return;
    const askedAt = deps.now();
    const isDue = askedAt >= nextBeatAt;
    try {
      const patienceMs = Math.max(expiresAt - askedAt, everyMs);
      const answer = await answerWithin(deps, patienceMs, () => ask(deps, lease, isDue));
      if (answer === "over" || answer === "late") return lost.abort();
      if (answer === "goes on") continue;
      lease.noteRenewal(answer.expires);
      nextBeatAt = askedAt + everyMs;
      expiresAt = askedAt + lease.ttlMs;
    } catch (error) {
      const isGone =
        error instanceof SluiceError && error.code !== "unavailable" && error.code !== "internal";
      if (isGone || askedAt >= expiresAt) return lost.abort();
    }
  }
}

async function ask(
  { port, host }: KeeperSession["deps"],
  { isOver, leaseId: lease, ttlMs: ttl }: KeptLease,
  isDue: boolean,
): Promise<"over" | "goes on" | { readonly expires: number }> {
  if ((await isOver?.()) === true) return "over";
  return isDue ? port.renew({ host, lease, ttl }) : "goes on";
}

/** A connection that is dead without a word keeps a call waiting for longer than a lease may last. */
async function answerWithin<T>(
  { sleep }: KeeperSession["deps"],
  patienceMs: number,
  call: () => Promise<T>,
): Promise<T | "late"> {
  const answered = new AbortController();
  const late = sleep(patienceMs, answered.signal).then(() => "late" as const);
  try {
    return await Promise.race([call(), late]);
  } finally {
    answered.abort();
  }
}
