import { requireHuman } from "#domain/caller.ts";
import { invalidField, SluiceError } from "#domain/errors.ts";
import type { Item } from "#domain/item/item.ts";
import { nextState } from "#domain/item/lifecycle.ts";
import { givenBackEffect, runEffect } from "#domain/item/settle-run.ts";
import { laneOfRole } from "#domain/lane.ts";
import { DEFAULT_LEASE_MS, leaseLength } from "#domain/lease/lease-bounds.ts";
import type { Outcome } from "#domain/run/outcome.ts";
import type { ClaimStore, Lease } from "#operations/ports/store/claim-store.ts";
import type { ItemDetail } from "#operations/ports/store/item-store.ts";
import type { Run } from "#operations/ports/store/run-store.ts";
import { saveItem } from "#store/item/save-item.ts";
import type { Core, Unit } from "#store/core.ts";
import { detailIn } from "#store/item/item-detail.ts";
import { NO_LEASE } from "#store/item/item-row.ts";
import { lockItem, replaceItem } from "#store/item/item-save.ts";
import { leaseLost, lockLeased } from "./lease.ts";
import { addNote } from "#store/item/notes.ts";
import { parked } from "./park.ts";
import { projectPolicy } from "#store/project/project-row.ts";
import { refOf } from "#store/item/refs.ts";
import { endRun } from "#store/run/run-end.ts";
import { readRun } from "#store/run/run-row.ts";
import { timesGivenBack } from "./times-given-back.ts";

type Of<K extends keyof ClaimStore> = Parameters<ClaimStore[K]>[0];
export interface Ended {
  readonly detail: ItemDetail;
  readonly run: Run;
}

export async function heartbeat(core: Core, { by, leaseId, ttlMs }: Of<"heartbeat">): Promise<Lease> {
  if (ttlMs !== undefined) leaseLength(ttlMs);
  return core.renew(by, "heartbeat", async (unit) => {
    const item = await lockLeased(unit, leaseId);
    const length = ttlMs ?? item.leaseTtlMs ?? DEFAULT_LEASE_MS;
    const after = await replaceItem(unit, item, { leaseExpiresAt: unit.now + length, leaseTtlMs: length });
    if (after.holder === null || after.leaseAcquiredAt === null) throw await leaseLost(unit, leaseId);
    return {
      id: leaseId,
      fence: after.fence,
      holder: after.holder,
      acquiredAt: after.leaseAcquiredAt,
      expiresAt: unit.now + length,
    };
  });
}

/** Ends a run by its holder. The same call again, after the lease is gone, answers the first result. */
export async function byHolder(
  unit: Unit,
  leaseId: string,
  repeated: (run: Run) => boolean,
  work: (item: Item, runId: number) => Promise<void>,
): Promise<Ended> {
  const first = await unit.tx
    .selectFrom("run")
    .select(["id", "item_id"])
    .where("lease_id", "=", leaseId)
    .executeTakeFirst();
  if (first === undefined) throw await leaseLost(unit, leaseId);
  await lockItem(unit, first.item_id); // the same call at the same moment waits here, and is then a repeated one
  if (!repeated(await readRun(unit.core, unit.tx, first.id))) {
    const item = await lockLeased(unit, leaseId);
    await work(item, first.id);
  }
  return {
    detail: await detailIn(unit, first.item_id),
    run: await readRun(unit.core, unit.tx, first.id),
  };
}

export function release(core: Core, { by, leaseId, note }: Of<"release">): Promise<Ended> {
  return core.write(by, "release", (unit) =>
    byHolder(
      unit,
      leaseId,
      (run) => run.outcome === "released",
      async (item, runId) => {
        nextState(item.state, "release", await refOf(unit.tx, item.id));
        await addNote(unit, item.id, { kind: "release", body: note, runId, byHolder: true });
        await endRun(unit, item, "released", note);
        await giveBack(unit, item, runId);
      },
    ),
  );
}

/** Free for a person and for an agent that no worker started: nobody hands such an item out again without being asked. */
async function giveBack(unit: Unit, item: Item, runId: number): Promise<void> {
  const times = await timesGivenBack(unit, item.id, runId);
  const { notBefore, park } = givenBackEffect(item, times, unit.now, unit.core.random());
  const free = { ...NO_LEASE, tried: item.tried + 1, notBefore };
  if (park === undefined) return void (await saveItem(unit, item, free));
  await addNote(unit, item.id, { kind: "park", body: park, actor: "system:store", runId });
  const facts = { outcome: "released" };
  await saveItem(unit, item, { ...free, ...parked(unit, item) }, { operation: "park", facts });
}

export function ask(core: Core, request: Of<"ask">): Promise<Ended> {
  return core.write(request.by, "ask", (unit) =>
    byHolder(
      unit,
      request.leaseId,
      (run) => run.outcome === "asked",
      async (item, runId) => {
        nextState(item.state, "ask", await refOf(unit.tx, item.id));
        const { deadlineMs, defaultOption } = request;
        if (deadlineMs !== undefined && deadlineMs <= unit.now)
          throw invalidField("deadline", new Date(deadlineMs).toISOString(), "a time to come");
        const { policy } = await projectPolicy(unit.tx, item.projectId);
        const allowedBy = policy.questionDefaultsBy;
        const takesDefault =
          defaultOption !== undefined && deadlineMs !== undefined && allowedBy !== undefined;
        await setAside(unit, item.id);
        await unit.tx
          .insertInto("question")
          .values({
            item_id: item.id,
            question: request.question,
            options: JSON.stringify(request.options),
            default_option: defaultOption ?? null,
            deadline: deadlineMs ?? null,
            asked_of: request.askedOf ?? null,
            asked_by: item.holder ?? "system:store",
            asked_at: unit.now,
            run_id: runId,
            default_allowed_by: takesDefault ? allowedBy : null,
            answer: null,
            reason: null,
            answered_by: null,
            answered_at: null,
          })
          .execute();
        await endRun(unit, item, "asked", request.question);
        await saveItem(
          unit,
          item,
          {
            ...NO_LEASE,
            lane: laneOfRole(unit.lanes, "decision").name,
            resumeLane: item.lane,
            answerBy: deadlineMs ?? null,
            takesDefault,
            tried: item.tried + 1,
          },
          { facts: { question: request.question } },
        );
      },
    ),
  );
}

/** An item has one open question: what a person moved on without answering makes room for the next. */
async function setAside(unit: Unit, itemId: number): Promise<void> {
  await unit.tx
    .updateTable("question")
    .set({ answered_at: unit.now, answered_by: "system:store", reason: "Another question was asked" })
    .where("item_id", "=", itemId)
    .where("answered_at", "is", null)
    .execute();
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
    await lose(unit, item, outcome, note, notBeforeMs);
    return detailIn(unit, item.id);
  });
}

/** Takes an item from its run: counts what the outcome counts, and parks where that is spent. */
export async function lose(
  unit: Unit,
  item: Item,
  outcome: Outcome,
  note: string | undefined,
  notBeforeMs?: number,
): Promise<void> {
  const { park, ...counters } = runEffect(item, outcome, unit.now, unit.core.random());
  const runId = item.leaseRunId;
  await endRun(unit, item, outcome, note);
  const place =
    park === undefined ? { state: "open" as const, phase: null, phasesLeft: [] } : parked(unit, item);
  await saveItem(
    unit,
    item,
    {
      ...counters,
      ...(notBeforeMs === undefined ? {} : { notBefore: notBeforeMs }),
      ...NO_LEASE,
      ...place,
    },
    {
      operation: park === undefined ? "run.end" : "park",
      facts: { outcome, ...(note === undefined ? {} : { reason: note }) },
    },
  );
  const text = [park, note].filter((part) => part !== undefined).join("\n\n");
  if (text !== "")
    await addNote(unit, item.id, { kind: park === undefined ? "run" : "park", body: text, runId });
}

export function park(core: Core, { by, leaseId, outcome, note }: Of<"park">): Promise<ItemDetail> {
  return core.write(by, "park", async (unit) => {
    const item = await lockLeased(unit, leaseId);
    nextState(item.state, "park", await refOf(unit.tx, item.id));
    await endRun(unit, item, outcome, note);
    await addNote(unit, item.id, { kind: "park", body: note, runId: item.leaseRunId });
    await saveItem(
      unit,
      item,
      { ...NO_LEASE, ...parked(unit, item), tried: item.tried + 1 },
      { facts: { outcome } },
    );
    return detailIn(unit, item.id);
  });
}
