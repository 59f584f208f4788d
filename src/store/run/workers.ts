import type { RunStore } from "#operations/ports/store/run-store.ts";
import type { Core, Unit } from "#store/core.ts";
import { actorName } from "#store/item/item-row.ts";
import { SELF } from "#store/self.ts";

type Of<K extends keyof RunStore> = Parameters<RunStore[K]>[0];
type WorkerMembers = Pick<RunStore, "breaker" | "setBreaker" | "beat" | "workers">;

/** Who works, and which runners are out of order. */
export function workerMembers(core: Core): WorkerMembers {
  return {
    breaker: ({ runner }) =>
      core.read(async (db) => {
        const row = await db
          .selectFrom("breaker")
          .select("state")
          .where("runner", "=", runner)
          .executeTakeFirst();
        return row === undefined ? undefined : readJson(row.state);
      }),
    setBreaker: ({ runner, state }) =>
      core.write(SELF, "breaker.set", async (unit) => {
        const text = JSON.stringify(state);
        await unit.tx
          .insertInto("breaker")
          .values({ runner, state: text, updated_at: unit.now })
          .onConflict((c) => c.column("runner").doUpdateSet({ state: text, updated_at: unit.now }))
          .execute();
      }),
    beat: (request) => core.write(SELF, "worker.beat", (unit) => beat(unit, request)),
    workers: () =>
      core.read(async (db) => {
        const rows = await db.selectFrom("worker").selectAll().orderBy("started_at").execute();
        return rows.map((row) => ({
          id: row.id,
          host: row.host,
          identity: row.identity,
          actor: actorName(row.actor),
          startedAt: row.started_at,
          seenAt: row.seen_at,
          stoppedAt: row.stopped_at,
        }));
      }),
  };
}

const readJson = (text: string): unknown => JSON.parse(text);

async function beat(unit: Unit, { id, host, identity, actor, stopped }: Of<"beat">): Promise<void> {
  const seen = { seen_at: unit.now, stopped_at: stopped === true ? unit.now : null };
  await unit.tx
    .insertInto("worker")
    .values({ id, host, identity, actor, started_at: unit.now, ...seen })
    .onConflict((c) => c.column("id").doUpdateSet(seen))
    .execute();
}
