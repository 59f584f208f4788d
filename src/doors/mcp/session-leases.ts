import { z } from "zod";

/** The leases that one connection has claimed and not given back, so that an agent need not repeat them. */
export interface SessionLeases {
  /**
   * The lease claimed for an item; without an item the process's own, else the only one there is. Of a call that is repeated, the one it
   * was made under, given back or not.
   */
  readonly find: (ref: unknown, once: string | undefined) => string | undefined;
  /** Takes note of what a call did to a lease. */
  readonly learn: (call: LeasedCall, answer: unknown) => void;
  /** Every lease that was claimed and not given back. */
  readonly held: () => readonly string[];
  readonly forget: (lease: string) => void;
  /** What a call is known by that the agent calls `once`: another connection's may have the same name. */
  readonly keyOf: (once: string) => string;
}

export interface LeasedCall {
  readonly operation: string;
  readonly lease: string | undefined;
  readonly once: string | undefined;
}

export interface SessionOptions {
  /** Lease of the run that the process was started in. */
  readonly own?: string | undefined;
  /** No other connection has it. */
  readonly id: string;
}

const Claimed = z.object({ item: z.object({ ref: z.string() }), lease: z.object({ id: z.string() }) });
/** Operations after which a lease is no more. */
const ENDING = new Set(["finish", "block", "ask", "release"]);
/** A call is repeated at once, if ever. */
const KEPT_CALLS = 100;

export function sessionLeases({ own, id }: SessionOptions): SessionLeases {
  const byRef = new Map<string, string>();
  const byCall = new Map<string, string | undefined>();
  const forget = (lease: string | undefined) => {
    for (const [ref, held] of byRef) if (held === lease) byRef.delete(ref);
  };
  const keep = (once: string, lease: string | undefined) => {
    byCall.set(once, lease);
    const [oldest] = byCall.keys();
    if (byCall.size > KEPT_CALLS && oldest !== undefined) byCall.delete(oldest);
  };
  return {
    held: () => [...byRef.values()],
    forget,
    keyOf: (once) => `${id}:${once}`,
    find: (ref, once) => {
      if (once !== undefined && byCall.has(once)) return byCall.get(once);
      if (typeof ref === "string") return byRef.get(ref.toUpperCase());
      if (own !== undefined) return own;
      const [only, ...others] = byRef.values();
      return others.length === 0 ? only : undefined;
    },
    learn: ({ operation, lease, once }, answer) => {
      if (once !== undefined) keep(once, lease);
      if (operation === "claim") {
        const { data } = Claimed.safeParse(answer);
        if (data !== undefined) byRef.set(data.item.ref.toUpperCase(), data.lease.id);
      }
      if (ENDING.has(operation)) forget(lease);
    },
  };
}
