import type { Entry, GateStore } from "#operations/ports/store/gate-store.ts";
import type { Core, Unit } from "#store/core.ts";
import { recordWorkspaceEvent } from "#store/history/events.ts";

/** People who go through what waits for them, side by side. */
export function sweepMembers(core: Core): Pick<GateStore, "hold" | "endSweep"> {
  return {
    hold: (request) => core.write(request.by, "sweep.next", (unit) => hold(unit, request)),
    endSweep: ({ by, session, facts }) =>
      core.write(by, "sweep.end", async (unit) => {
        await giveBack(unit, session);
        await recordWorkspaceEvent(unit, facts);
      }),
  };
}

async function hold(
  unit: Unit,
  { session, entries, ttlMs }: Parameters<GateStore["hold"]>[0],
): Promise<Entry | undefined> {
  await unit.core.dialect.lock(unit.tx, "sweep");
  await giveBack(unit, session);
  const held = await unit.tx.selectFrom("sweep_hold").select(["kind", "id"]).execute();
  const free = entries.find(({ kind, id }) => !held.some((one) => one.kind === kind && one.id === id));
  if (free !== undefined)
    await unit.tx
      .insertInto("sweep_hold")
      .values({ ...free, session, expires_at: unit.now + ttlMs })
      .execute();
  return free;
}

/** What a session held, and what is held no longer. */
async function giveBack(unit: Unit, session: string): Promise<void> {
  await unit.tx
    .deleteFrom("sweep_hold")
    .where((eb) => eb.or([eb("session", "=", session), eb("expires_at", "<=", unit.now)]))
    .execute();
}
