import { formatActor } from "#domain/actor.ts";
import { requireHuman } from "#domain/caller.ts";
import { leaseChange, leaseLength } from "#domain/claim/lease-change.ts";
import { advancePlan, lossPlan, returnPlan } from "#domain/claim/run-end-plans.ts";
import { SluiceError } from "#domain/errors.ts";
import { type Item, NO_LEASE } from "#domain/item/item.ts";
import { nextState, type Phase } from "#domain/item/lifecycle.ts";
import { REPORTED_OUTCOMES } from "#domain/run/outcome.ts";
import type { Claim, ClaimStore } from "#operations/ports/store/claim-store.ts";
import type { ItemDetail } from "#operations/ports/store/item-store.ts";
import type { Core, Unit } from "#store/core.ts";
import { saveItem } from "#store/item/save-item.ts";
import { detailIn } from "#store/item/item-detail.ts";
import { readItem } from "#store/item/item-row.ts";
import { lockItem, type SaveOptions } from "#store/item/item-save.ts";
import { refOf } from "#store/item/refs.ts";
import { readRun } from "#store/run/run-row.ts";
import { claimOf } from "./claim-next.ts";
import { wakeDue } from "./due-items.ts";
import { held, planFacts } from "./holder-verbs.ts";
import { leaseLost, lockLeased } from "./lease.ts";

type Of<K extends keyof ClaimStore> = Parameters<ClaimStore[K]>[0];

/** A worker takes a finished item that nobody holds, to check or land it: any, or that of one run. */
export async function takeReview(
  core: Core,
  { by, runId, ttlMs, phases, runner }: Of<"takeReview">,
): Promise<Claim | undefined> {
  leaseLength(ttlMs);
  return core.write(by, "review.take", async (unit) => {
    requireHuman(unit.by, "check and land what runs finished");
    await wakeDue(unit);
    const item = await pickReview(unit, runId, phases);
    return item === undefined ? undefined : holdReview(unit, item, ttlMs, runner);
  });
}

async function pickReview(
  unit: Unit,
  runId: number | undefined,
  phases: readonly Phase[],
): Promise<Item | undefined> {
  const own =
    runId === undefined
      ? undefined
      : await unit.tx.selectFrom("run").select("item_id").where("id", "=", runId).executeTakeFirst();
  const row = await unit.tx
    .selectFrom("item")
    .selectAll()
    .where("state", "=", "review")
    .where("phase", "in", [...phases])
    .where("lease_id", "is", null)
    .$if(runId === undefined, (q) =>
      q.where((eb) => eb.or([eb("not_before", "is", null), eb("not_before", "<=", unit.now)])),
    )
    .$if(runId !== undefined, (q) => q.where("id", "=", own?.item_id ?? 0))
    .orderBy("id")
    .limit(1)
    .modifyEnd(unit.core.dialect.skipLocked)
    .executeTakeFirst();
  return row === undefined ? undefined : readItem(row);
}

async function holdReview(
  unit: Unit,
  item: Item,
  ttlMs: number,
  runner: Of<"takeReview">["runner"],
): Promise<Claim | undefined> {
  const run = await unit.tx
    .selectFrom("run")
    .select("id")
    .where("item_id", "=", item.id)
    .where("reported", "is not", null)
    .orderBy("id", "desc")
    .executeTakeFirst();
  if (run === undefined) return undefined;
  if (runner !== undefined) {
    const { host = null, worker = null, workerId: worker_id = null } = runner;
    await unit.tx.updateTable("run").set({ host, worker, worker_id }).where("id", "=", run.id).execute();
  }
  const leaseId = unit.core.leaseId();
  const holder = formatActor(unit.by.actor);
  const change = leaseChange(item, { id: leaseId, holder, runId: run.id, ttlMs, now: unit.now });
  return claimOf(await saveItem(unit, item, change, { operation: "review.take", runId: run.id, leaseId }));
}

/** The item of a review step: by the worker's lease, or unheld for a person and git. Refuses with `lease_lost`, `conflict` or `denied`. */
async function reviewed(unit: Unit, id: number, leaseId: string | undefined): Promise<Item> {
  if (leaseId === undefined) requireHuman(unit.by, "settle a review");
  const item = leaseId === undefined ? await lockItem(unit, id) : await lockLeased(unit, leaseId);
  if (item.id !== id) throw await leaseLost(unit.tx, leaseId ?? "");
  nextState(item.state, "return", await refOf(unit.tx, id));
  if (leaseId === undefined && item.leaseId !== null)
    throw new SluiceError("conflict", `${item.holder ?? "A worker"} is working on this review`, {
      hint: "Wait until its check and landing have ended; see: sluice run list",
      details: { holder: item.holder },
    });
  return item;
}

export function advance(
  core: Core,
  { by, leaseId, id, phase, note, to }: Of<"advance">,
): Promise<ItemDetail> {
  return core.write(by, "review.advance", async (unit) => {
    const item = await reviewed(unit, id, leaseId);
    const facts = await planFacts(unit, item);
    if (item.state !== "review" || item.phase !== phase)
      throw new SluiceError(
        "conflict",
        `${facts.ref} is not in phase ${phase} but ${item.phase ?? item.state}`,
        { details: { ref: facts.ref, state: item.state, phase: item.phase } },
      );
    const left =
      to === undefined || item.phasesLeft.includes(to) ? item.phasesLeft : [to, ...item.phasesLeft];
    const { change, ...options } = advancePlan(facts, left, note);
    const run = phase === "verify" ? await checkedRun(unit, item) : undefined;
    await saveItem(unit, item, change, { ...options, ...run });
    return detailIn(unit, id);
  });
}

/** The check passed: the run ends with what its holder reported. */
async function checkedRun(unit: Unit, item: Item): Promise<Pick<SaveOptions, "run">> {
  const run = await unit.tx
    .selectFrom("run")
    .select("reported")
    .where("item_id", "=", item.id)
    .where("ended_at", "is", null)
    .executeTakeFirst();
  const outcome = REPORTED_OUTCOMES.find((name) => name === run?.reported) ?? "changed";
  return run === undefined ? {} : { run: { ends: outcome } };
}

export function returnItem(
  core: Core,
  { by, leaseId, id, outcome, reason }: Of<"return">,
): Promise<ItemDetail> {
  return core.write(by, "review.return", async (unit) => {
    const item = await reviewed(unit, id, leaseId);
    const { change, ...options } = returnPlan(await planFacts(unit, item), outcome, reason);
    await saveItem(unit, item, change, options);
    return detailIn(unit, id);
  });
}

export function leaveReview(
  core: Core,
  { by, leaseId, note, notBeforeMs }: Of<"leaveReview">,
): Promise<ItemDetail> {
  const said =
    note === undefined ? {} : { facts: { reason: note }, notes: [{ kind: "review", body: note }] as const };
  return held(core, {
    by,
    operation: "review.leave",
    leaseId,
    plan: () => ({ change: { ...NO_LEASE, notBefore: notBeforeMs ?? null }, ...said }),
  });
}

/** Ends a run from outside. Refuses with `conflict` when it has ended. */
export function end(core: Core, { by, runId, outcome, note, notBeforeMs }: Of<"end">): Promise<ItemDetail> {
  return core.write(by, "run.end", async (unit) => {
    requireHuman(unit.by, "end a run that it does not hold");
    const run = await readRun(unit.core, unit.tx, runId);
    const item = await lockItem(unit, run.itemId);
    if (item.leaseRunId !== runId || item.state !== "open")
      throw new SluiceError("conflict", `R-${runId} no longer holds its item`, {
        details: { run: `R-${runId}`, outcome: run.outcome, state: item.state },
      });
    const { change, ...options } = lossPlan(await planFacts(unit, item), outcome, note, notBeforeMs);
    await saveItem(unit, item, change, options);
    return detailIn(unit, item.id);
  });
}
