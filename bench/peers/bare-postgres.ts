import { openPostgres } from "#store/postgres/open-postgres.ts";
import type { Peer } from "./peer.ts";

const LEASE_MS = 15 * 60_000;
const EVENT = { actor: "ai:bench", auth: "asserted", door: "test" } as const;
/** What the store changes when an agent without a worker finishes. */
const REVIEW = {
  state: "review",
  phase: "human",
  lease_id: null,
  holder: null,
  lease_run_id: null,
  lease_acquired_at: null,
  lease_expires_at: null,
  lease_ttl_ms: null,
  q: null,
  wake_at: null,
};
const CHANGES =
  '{"state":["open","review"],"phase":[null,"human"],"holder":["ai:bench",null],"lease_run_id":[1234,null],"outcome":"changed"}';

/** The statements of the store's claim and finish, in as many loops as there are connections, with no rule between them. */
export async function barePostgres(url: string, connections: number): Promise<Peer> {
  const { db, dialect } = await openPostgres({ url, create: false, poolSize: connections });
  const { hot } = dialect;
  const pair = async (tell?: (claimMs: number) => void): Promise<void> => {
    const begun = performance.now();
    const leaseId = `L${Buffer.from(crypto.getRandomValues(new Uint8Array(16))).toString("base64url")}`;
    const { entries } = await hot.queueHead(db, "core", "");
    const start = Math.floor(Math.random() * entries.length);
    await hot.claimReady(db, {
      pairs: [...entries.slice(start), ...entries.slice(0, start)],
      class: "core",
      leaseId,
      ttlMs: LEASE_MS,
      run: {
        uid: crypto.randomUUID(),
        holder: EVENT.actor,
        runner: null,
        host: null,
        worker: null,
        workerId: null,
      },
      event: { ...EVENT, operation: "claim" },
    });
    tell?.(performance.now() - begun);
    const leased = await hot.readLeased(db, leaseId);
    if (leased === undefined) throw new Error("The fixture ran out of ready items");
    await hot.saveLeased(db, {
      itemId: leased.item.id,
      eventN: leased.item.event_n,
      leaseId,
      columns: REVIEW,
      run: {
        id: leased.item.lease_run_id ?? 0,
        columns: { reported: "changed", ended_at: leased.now, outcome: "changed" },
      },
      event: { ...EVENT, operation: "finish", changes: CHANGES },
    });
  };
  return {
    run: async (pairs, tell) => {
      const begun = performance.now();
      const loop = async () => {
        for (let done = 0; done < pairs / connections; done += 1) await pair(tell);
      };
      await Promise.all(Array.from({ length: connections }, loop));
      return performance.now() - begun;
    },
    close: async () => {
      await db.destroy();
      await dialect.close();
    },
  };
}
