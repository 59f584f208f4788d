import { requireHuman } from "#domain/caller.ts";
import {
  askPlan,
  blockPlan,
  finishPlan,
  parkPlan,
  releasePlan,
  renewalChange,
} from "#domain/claim/holder-plans.ts";
import { invalidField } from "#domain/errors.ts";
import { leaseLength } from "#domain/claim/lease-change.ts";
import type { Outcome } from "#domain/run/outcome.ts";
import type { BlockResult, ClaimStore, Finished, Lease } from "#operations/ports/store/claim-store.ts";
import type { ItemDetail } from "#operations/ports/store/item-store.ts";
import type { Run } from "#operations/ports/store/run-store.ts";
import type { Core, Unit } from "#store/core.ts";
import type { Database, Tx } from "#store/dialect.ts";
import { saveItem } from "#store/item/save-item.ts";
import { detailIn, readDetail } from "#store/item/item-detail.ts";
import { lockItem, replaceItem } from "#store/item/item-save.ts";
import { refOf } from "#store/item/refs.ts";
import { readRun } from "#store/run/run-row.ts";
import { type HolderVerb, type LeaseFacts, leaseLost, lockLeased, underLease } from "./lease.ts";
import { fileAmendment, type Filed, prerequisiteOf } from "./prerequisite.ts";

type Of<K extends keyof ClaimStore> = Parameters<ClaimStore[K]>[0];
interface Ended {
  readonly detail: ItemDetail;
  readonly run: Run;
}

export async function heartbeat(core: Core, { by, leaseId, ttlMs }: Of<"heartbeat">): Promise<Lease> {
  if (ttlMs !== undefined) leaseLength(ttlMs);
  return core.renew(by, "heartbeat", async (unit) => {
    const item = await lockLeased(unit, leaseId);
    const after = await replaceItem(unit, item, renewalChange(item, unit.now, ttlMs));
    const { holder, leaseAcquiredAt: acquiredAt, leaseExpiresAt: expiresAt } = after;
    if (holder === null || acquiredAt === null || expiresAt === null) throw await leaseLost(unit.tx, leaseId);
    return { id: leaseId, fence: after.fence, holder, acquiredAt, expiresAt };
  });
}

export async function finish(
  core: Core,
  { by, leaseId, outcome, note, evidence }: Of<"finish">,
): Promise<Finished> {
  const verb: HolderVerb = {
    by,
    operation: "finish",
    leaseId,
    plan: (facts) => ({
      ...finishPlan(facts, {
        outcome,
        note,
        landing: facts.landing,
        humanReview: facts.policy.humanReview === true,
        workerId: facts.workerId,
        newLeaseId: core.leaseId(),
      }),
      evidence,
    }),
  };
  const finished = await underLease(core, verb);
  if (finished !== undefined) return finished;
  const { detail, run } = await firstResult(core, leaseId, ({ reported }) => reported !== null);
  return { item: detail.item, runId: run.id };
}

export const release = (core: Core, { by, leaseId, note }: Of<"release">): Promise<Ended> =>
  endBy(core, "released", {
    by,
    operation: "release",
    leaseId,
    plan: async (facts, db) => releasePlan(facts, note, await timesGivenBack(db, by, facts)),
  });

export function ask(core: Core, request: Of<"ask">): Promise<Ended> {
  const { by, leaseId, question, deadlineMs, defaultOption } = request;
  const takesDefault = ({ policy }: LeaseFacts): boolean =>
    defaultOption !== undefined && deadlineMs !== undefined && policy.questionDefaultsBy !== undefined;
  return endBy(core, "asked", {
    by,
    operation: "ask",
    leaseId,
    plan: (facts) => {
      const planned = askPlan(facts, { question, deadlineMs, takesDefault: takesDefault(facts) });
      if (deadlineMs !== undefined && deadlineMs <= facts.now)
        throw invalidField("deadline", new Date(deadlineMs).toISOString(), "a time in the future");
      return planned;
    },
    rest: (unit, facts) => addQuestion(unit, facts, request, takesDefault(facts)),
  });
}

/** An item has one open question: what a person moved on without answering makes room for the next. */
async function addQuestion(
  unit: Unit,
  { item, policy, runId }: LeaseFacts,
  request: Of<"ask">,
  takesDefault: boolean,
): Promise<void> {
  await unit.tx
    .updateTable("question")
    .set({ answered_at: unit.now, answered_by: "system:store", reason: "Another question was asked" })
    .where("item_id", "=", item.id)
    .where("answered_at", "is", null)
    .execute();
  await unit.tx
    .insertInto("question")
    .values({
      item_id: item.id,
      question: request.question,
      options: JSON.stringify(request.options),
      default_option: request.defaultOption ?? null,
      deadline: request.deadlineMs ?? null,
      asked_of: request.askedOf ?? null,
      asked_by: item.holder ?? "system:store",
      asked_at: unit.now,
      run_id: runId,
      default_allowed_by: takesDefault ? (policy.questionDefaultsBy ?? null) : null,
    })
    .execute();
}

export async function block(core: Core, request: Of<"block">): Promise<BlockResult> {
  const { by, leaseId, note, prerequisite, amendment } = request;
  const plan = (facts: LeaseFacts) => blockPlan(facts, note, "holder");
  const verb = { by, operation: "block", leaseId, plan };
  if (prerequisite === undefined) return { ...(await endBy(core, "blocked", verb)), prerequisite: null };
  let filed: Filed | undefined;
  const rest: HolderVerb["rest"] = async (unit, { item }) => {
    filed = await fileAmendment(unit, item, prerequisite, amendment);
  };
  const ended = await endBy(core, "blocked", { ...verb, rest });
  return { ...ended, prerequisite: prerequisiteOf(ended.detail, filed) };
}

export function blockItem(core: Core, { by, id, note, prerequisite }: Of<"blockItem">): Promise<BlockResult> {
  return core.write(by, "block", async (unit) => {
    requireHuman(unit.by, "block an item that it does not hold");
    const item = await lockItem(unit, id);
    const { change, ...options } = blockPlan(await planFacts(unit, item), note, "person");
    await saveItem(unit, item, change, options);
    if (prerequisite === undefined)
      return { detail: await detailIn(unit, id), run: null, prerequisite: null };
    const filed = await fileAmendment(unit, item, prerequisite, undefined);
    const detail = await detailIn(unit, id);
    return { detail, run: null, prerequisite: prerequisiteOf(detail, filed) };
  });
}

export function park(core: Core, { by, leaseId, outcome, note }: Of<"park">): Promise<ItemDetail> {
  return held(core, { by, operation: "park", leaseId, plan: (facts) => parkPlan(facts, outcome, note) });
}

/** What a plan rests on, of an item that this transaction has locked. */
export const planFacts = async (unit: Unit, item: Parameters<typeof saveItem>[1]) => ({
  item,
  ref: await refOf(unit.tx, item.id),
  now: unit.now,
  lanes: unit.lanes,
  random: unit.core.random,
});

/** A verb whose repetition is refused. */
export async function held(core: Core, verb: HolderVerb): Promise<ItemDetail> {
  const done = await underLease(core, verb);
  if (done === undefined) throw await core.read((db) => leaseLost(db, verb.leaseId));
  return core.read((db) => readDetail(core, db, done.item.id));
}

/** A verb that ends its run. The same call again, after the lease is gone, answers the first result. */
async function endBy(core: Core, outcome: Outcome, verb: HolderVerb): Promise<Ended> {
  const done = await underLease(core, verb);
  return done === undefined
    ? firstResult(core, verb.leaseId, (run) => run.outcome === outcome)
    : core.read((db) => ended(core, db, done.item.id, done.runId));
}

const ended = async (core: Core, db: Database | Tx, itemId: number, runId: number): Promise<Ended> => ({
  detail: await readDetail(core, db, itemId),
  run: await readRun(core, db, runId),
});

function firstResult(core: Core, leaseId: string, isRepeated: (run: Run) => boolean): Promise<Ended> {
  return core.read(async (db) => {
    const first = await db
      .selectFrom("run")
      .select(["id", "item_id"])
      .where("lease_id", "=", leaseId)
      .executeTakeFirst();
    const result = first === undefined ? undefined : await ended(core, db, first.item_id, first.id);
    if (result === undefined || !isRepeated(result.run)) throw await leaseLost(db, leaseId);
    return result;
  });
}

/** Ends that say nothing about the item: they neither count nor begin the count anew. */
const PASSED_OVER: readonly Outcome[] = ["released", "revoked", "expired", "interrupted", "runner_failed"];

/**
 * How many agents in a row give an item back since its last park, with the one that does so now; 0 where that is a person, or an agent
 * that no worker started. What a worker itself gave back has no note of a holder.
 */
async function timesGivenBack(
  db: Database | Tx,
  by: Of<"release">["by"],
  { item, workerId }: LeaseFacts,
): Promise<number> {
  if (by.authority !== "agent" || workerId === null) return 0;
  const decisive = await db
    .selectFrom("run")
    .select("id")
    .where("item_id", "=", item.id)
    .where("outcome", "not in", [...PASSED_OVER])
    .orderBy("id", "desc")
    .limit(1)
    .executeTakeFirst();
  const parked = await db
    .selectFrom("note")
    .select("id")
    .where("item_id", "=", item.id)
    .where("kind", "=", "park")
    .orderBy("id", "desc")
    .limit(1)
    .executeTakeFirst();
  const given = await db
    .selectFrom("note")
    .innerJoin("run", "run.id", "note.run_id")
    .select("run.id")
    .where("note.item_id", "=", item.id)
    .where("note.id", ">", parked?.id ?? 0)
    .where("note.kind", "=", "release")
    .where("note.holder", "=", 1)
    .where("run.worker_id", "is not", null)
    .where("run.id", ">", decisive?.id ?? 0)
    .execute();
  return given.length + 1;
}
