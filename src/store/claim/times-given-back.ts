import type { Outcome } from "#domain/run/outcome.ts";
import type { Unit } from "#store/core.ts";

/** Ends that say nothing about the item: they neither count nor begin the count anew. */
const PASSED_OVER: readonly Outcome[] = ["released", "revoked", "expired", "interrupted", "runner_failed"];

/**
 * How many agents in a row gave an item back since its last park, the one that just did included; 0 where that was a person, or an agent
 * that no worker started. What a worker itself gave back has no note of a holder.
 */
export async function timesGivenBack({ tx, by }: Unit, itemId: number, runId: number): Promise<number> {
  if (by.authority !== "agent") return 0;
  const own = await tx.selectFrom("run").select("worker_id").where("id", "=", runId).executeTakeFirst();
  if (own === undefined || own.worker_id === null) return 0;
  const decisive = await tx
    .selectFrom("run")
    .select("id")
    .where("item_id", "=", itemId)
    .where("outcome", "not in", [...PASSED_OVER])
    .orderBy("id", "desc")
    .limit(1)
    .executeTakeFirst();
  const park = await tx
    .selectFrom("note")
    .select("id")
    .where("item_id", "=", itemId)
    .where("kind", "=", "park")
    .orderBy("id", "desc")
    .limit(1)
    .executeTakeFirst();
  const given = await tx
    .selectFrom("note")
    .innerJoin("run", "run.id", "note.run_id")
    .select("run.id")
    .where("note.item_id", "=", itemId)
    .where("note.id", ">", park?.id ?? 0)
    .where("note.kind", "=", "release")
    .where("note.holder", "=", 1)
    .where("run.worker_id", "is not", null)
    .where("run.id", ">", decisive?.id ?? 0)
    .execute();
  return given.length;
}
