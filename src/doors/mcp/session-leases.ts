import { z } from "zod";

/** The leases that one connection has claimed and not given back, so that an agent need not repeat them. */
export interface SessionLeases {
  /** The lease claimed for an item; without an item the process's own, else the only one there is. */
  readonly find: (ref: unknown) => string | undefined;
  /** Takes note of what a call did to a lease. */
  readonly learn: (operation: string, lease: string | undefined, answer: unknown) => void;
  /** Every lease that was claimed and not given back. */
  readonly held: () => readonly string[];
  readonly forget: (lease: string) => void;
}

const Claimed = z.object({ item: z.object({ ref: z.string() }), lease: z.object({ id: z.string() }) });
/** Operations after which a lease is no more. */
const ENDING = new Set(["finish", "block", "ask", "release"]);

/** @param own lease of the run that the process was started in */
export function sessionLeases(own?: string): SessionLeases {
  const byRef = new Map<string, string>();
  const forget = (lease: string | undefined) => {
    for (const [ref, id] of byRef) if (id === lease) byRef.delete(ref);
  };
  return {
    held: () => [...byRef.values()],
    forget,
    find: (ref) => {
      if (typeof ref === "string") return byRef.get(ref.toUpperCase());
      if (own !== undefined) return own;
      const [only, ...others] = byRef.values();
      return others.length === 0 ? only : undefined;
    },
    learn: (operation, lease, answer) => {
      if (operation === "claim") {
        const { data } = Claimed.safeParse(answer);
        if (data !== undefined) byRef.set(data.item.ref.toUpperCase(), data.lease.id);
      }
      if (ENDING.has(operation)) forget(lease);
    },
  };
}
