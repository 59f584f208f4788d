import { requireHuman } from "#domain/caller.ts";
import { formatActor } from "#domain/actor.ts";
import { SluiceError } from "#domain/errors.ts";
import type { Item } from "#domain/item/item.ts";
import { nextState, type Phase } from "#domain/item/lifecycle.ts";
import { leaseLength } from "#domain/lease/lease-bounds.ts";
import { OUTCOMES, REPORTED_OUTCOMES, type Outcome } from "#domain/run/outcome.ts";
import type { Claim, ClaimStore } from "#operations/ports/store/claim-store.ts";
import type { ItemDetail } from "#operations/ports/store/item-store.ts";
import { saveItem } from "#store/item/save-item.ts";
import { lose } from "./claim-end.ts";
import type { Core, Unit } from "#store/core.ts";
import { detailIn } from "#store/item/item-detail.ts";
import { NO_LEASE, readItem } from "#store/item/item-row.ts";
import { lockItem } from "#store/item/item-save.ts";
import { leaseLost, lockLeased } from "./lease.ts";
import { addNote } from "#store/item/notes.ts";
import { refOf } from "#store/item/refs.ts";
import { wakeDue } from "./wake.ts";

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
  const lease = {
    leaseId: unit.core.leaseId(),
    holder: formatActor(unit.by.actor),
    leaseRunId: run.id,
    leaseAcquiredAt: unit.now,
    leaseExpiresAt: unit.now + ttlMs,
    leaseTtlMs: ttlMs,
  };
  const after = await saveItem(
    unit,
    item,
    { ...lease, fence: item.fence + 1, notBefore: null },
    { operation: "review.take", runId: run.id, leaseId: lease.leaseId },
  );
  return {
    item: after,
    runId: run.id,
    lease: {
      id: lease.leaseId,
      fence: after.fence,
      holder: lease.holder,
      acquiredAt: unit.now,
      expiresAt: lease.leaseExpiresAt,
    },
  };
}

/** The item of a review step: by the worker's lease, or unheld for a person and git. Refuses with `lease_lost`, `conflict` or `denied`. */
async function reviewed(unit: Unit, id: number, leaseId: string | undefined): Promise<Item> {
  if (leaseId === undefined) requireHuman(unit.by, "settle a review");
  const item = leaseId === undefined ? await lockItem(unit, id) : await lockLeased(unit, leaseId);
  if (item.id !== id) throw await leaseLost(unit, leaseId ?? "");
  nextState(item.state, "return", await refOf(unit.tx, id));
  if (leaseId === undefined && item.leaseId !== null)
    throw new SluiceError("conflict", `${item.holder ?? "A worker"} is at work on this review`, {
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
    const ref = await refOf(unit.tx, id);
    if (item.state !== "review" || item.phase !== phase)
      throw new SluiceError("conflict", `${ref} is not in phase ${phase} but ${item.phase ?? item.state}`, {
        details: { ref, state: item.state, phase: item.phase },
      });
    const left =
      to === undefined || item.phasesLeft.includes(to) ? item.phasesLeft : [to, ...item.phasesLeft];
    if (note !== undefined) await addNote(unit, id, { kind: "review", body: note, runId: item.leaseRunId });
    if (phase === "verify") await settleRun(unit, item);
    await pass(unit, item, left, ref);
    return detailIn(unit, id);
  });
}

async function pass(unit: Unit, item: Item, left: readonly Phase[], ref: string): Promise<void> {
  const [next, ...rest] = left;
  if (next === undefined) {
    const state = nextState(item.state, "settle", ref);
    await saveItem(
      unit,
      item,
      { state, phase: null, phasesLeft: [], closedAt: unit.now, ...NO_LEASE },
      { operation: "settle", facts: { passed: item.phase } },
    );
    return;
  }
  const keeps = item.leaseId !== null && next === "land" ? {} : NO_LEASE; // the worker that checked goes on to land
  const change = { phase: next, phasesLeft: rest, notBefore: null, ...keeps };
  await saveItem(unit, item, change, { facts: { passed: item.phase } });
}

/** The check passed: the run ends with what its holder reported. */
async function settleRun(unit: Unit, item: Item): Promise<void> {
  const run = await unit.tx
    .selectFrom("run")
    .select(["id", "reported"])
    .where("item_id", "=", item.id)
    .where("ended_at", "is", null)
    .executeTakeFirst();
  if (run === undefined) return;
  const outcome = REPORTED_OUTCOMES.find((name) => name === run.reported) ?? "changed";
  await unit.tx.updateTable("run").set({ ended_at: unit.now, outcome }).where("id", "=", run.id).execute();
}

export function returnItem(
  core: Core,
  { by, leaseId, id, outcome, reason }: Of<"return">,
): Promise<ItemDetail> {
  return core.write(by, "review.return", async (unit) => {
    const item = await reviewed(unit, id, leaseId);
    await addNote(unit, id, { kind: "return", body: reason, runId: item.leaseRunId });
    if (item.phase === "verify" || OUTCOMES[outcome] !== "free") await lose(unit, item, outcome, undefined);
    else
      await saveItem(
        unit,
        item,
        { state: "open", phase: null, phasesLeft: [], ...NO_LEASE },
        { facts: { outcome: outcome satisfies Outcome, reason } },
      );
    return detailIn(unit, id);
  });
}

export function leaveReview(
  core: Core,
  { by, leaseId, note, notBeforeMs }: Of<"leaveReview">,
): Promise<ItemDetail> {
  return core.write(by, "review.leave", async (unit) => {
    const item = await lockLeased(unit, leaseId);
    if (note !== undefined)
      await addNote(unit, item.id, { kind: "review", body: note, runId: item.leaseRunId });
    await saveItem(
      unit,
      item,
      { ...NO_LEASE, notBefore: notBeforeMs ?? null },
      note === undefined ? {} : { facts: { reason: note } },
    );
    return detailIn(unit, item.id);
  });
}
