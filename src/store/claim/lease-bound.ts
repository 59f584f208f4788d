import { QUEUE } from "#domain/schedule/queue-place.ts";
import type { Unit } from "#store/core.ts";

/** A project's bound of leases where it is reached, looked at under the project's lock, so that two claims cannot both take the last place. */
export async function reachedBound(unit: Unit, projectId: number): Promise<number | undefined> {
  const { max_leases: bound } = await unit.tx
    .selectFrom("project")
    .select("max_leases")
    .where("id", "=", projectId)
    .executeTakeFirstOrThrow();
  if (bound === null) return undefined;
  await unit.core.dialect.lock(unit.tx, `project:${projectId}`);
  const { live } = await unit.tx
    .selectFrom("item")
    .select((eb) => eb.fn.countAll<number>().as("live"))
    .where("project_id", "=", projectId)
    .where("q", "=", QUEUE.leased)
    .executeTakeFirstOrThrow();
  return Number(live) < bound ? undefined : bound;
}
