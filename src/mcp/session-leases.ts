import { z } from "zod";
import { DEFAULT_LEASE_MS } from "#domain/claim/lease-change.ts";

/** The leases that one connection has claimed and not given back, so that an agent need not repeat them. */
export interface SessionLeases {
  /**
   * The lease claimed for an item; without an item the process's own, else the only one there is. Of a call that is repeated, the one it
   * was made under, given back or not.
   */
  readonly find: (ref: unknown, once: string | undefined) => string | undefined;
  /** Takes note of what a call did to a lease. */
  readonly learn: (call: LeasedCall, answer: unknown) => void;
  /** Every lease that was claimed and neither given back nor lost. */
  readonly held: () => readonly HeldLease[];
  /** A lost lease is still that of its item's calls, so that they are refused and their agent learns of it. */
  readonly lose: (lease: string) => void;
  /** What a call is known by that the agent calls `once`: another connection's may have the same name. */
  readonly keyOf: (once: string) => string;
}

interface HeldLease {
  readonly id: string;
  /** How long it lasts from each renewal on, milliseconds. */
  readonly ttlMs: number;
  readonly isLost?: boolean;
}

interface LeasedCall {
  readonly operation: string;
  readonly lease: string | undefined;
  /** How long the call asked the lease to last, where it did, milliseconds. */
  readonly ttl?: unknown;
  readonly once: string | undefined;
}

interface SessionOptions {
  /** Lease of the run that the process was started in. */
  readonly own?: string | undefined;
  /** No other connection has it. */
  readonly id: string;
}

const Lease = z
  .object({ id: z.string(), acquired_at: z.string().optional(), expires_at: z.string().optional() })
  .transform(({ id, acquired_at: from, expires_at: to }) => {
    const known = from === undefined || to === undefined ? Number.NaN : Date.parse(to) - Date.parse(from);
    return { id, ttlMs: known > 0 ? known : DEFAULT_LEASE_MS };
  });
const Claimed = z.object({ item: z.object({ ref: z.string() }), lease: Lease });
/** Operations that end a lease. */
const ENDING = new Set(["finish", "block", "ask", "release"]);
/** A call is repeated at once, if ever. */
const KEPT_CALLS = 100;

export function sessionLeases({ own, id }: SessionOptions): SessionLeases {
  const byRef = new Map<string, HeldLease>();
  const byCall = new Map<string, string | undefined>();
  const forget = (lease: string | undefined) => {
    for (const [ref, one] of byRef) if (one.id === lease) byRef.delete(ref);
  };
  const held = () => [...byRef.values()].filter(({ isLost }) => isLost !== true);
  const lasts = (lease: string | undefined, ttlMs: unknown) => {
    if (typeof ttlMs !== "number") return;
    for (const [ref, one] of byRef) if (one.id === lease) byRef.set(ref, { ...one, ttlMs });
  };
  const keep = (once: string, lease: string | undefined) => {
    byCall.set(once, lease);
    const [oldest] = byCall.keys();
    if (byCall.size > KEPT_CALLS && oldest !== undefined) byCall.delete(oldest);
  };
  return {
    held,
    lose: (lease) => {
      for (const [ref, one] of byRef) if (one.id === lease) byRef.set(ref, { ...one, isLost: true });
    },
    keyOf: (once) => `${id}:${once}`,
    find: (ref, once) => {
      if (once !== undefined && byCall.has(once)) return byCall.get(once);
      if (typeof ref === "string") return byRef.get(ref.toUpperCase())?.id;
      if (own !== undefined) return own;
      const live = held();
      const [only, ...others] = live.length > 0 ? live : byRef.values();
      return others.length === 0 ? only?.id : undefined;
    },
    learn: ({ operation, lease, ttl, once }, answer) => {
      if (once !== undefined) keep(once, lease);
      if (operation === "claim") {
        const { data } = Claimed.safeParse(answer);
        if (data !== undefined) byRef.set(data.item.ref.toUpperCase(), data.lease);
      }
      if (operation === "heartbeat") lasts(lease, ttl);
      if (ENDING.has(operation)) forget(lease);
    },
  };
}
