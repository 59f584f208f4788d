import { formatActor } from "#domain/actor.ts";
import type { Item } from "#domain/item/item.ts";
import { leaseLength } from "#domain/lease/lease-bounds.ts";
import type { Claim, ClaimFilter, ClaimStore, RunnerInfo } from "#operations/ports/store/claim-store.ts";
import { readyHeld, saveItem } from "#store/item/save-item.ts";
import type { Core, Unit } from "#store/core.ts";
import { readItem } from "#store/item/item-row.ts";
import { replaceItem } from "#store/item/item-save.ts";
import { reachedBound } from "./lease-bound.ts";
import { overlapping } from "./overlap.ts";
import { drawPlain, drawQueues, within } from "#store/queue/queue-draw.ts";
import { firstReady, queueEntries } from "#store/queue/ready-queue.ts";
import { wakeDue } from "./wake.ts";

/** A pick that turns out to be held by another's paths is put aside and the next one tried, this often. */
const PICKS = 8;

type Request = Parameters<ClaimStore["next"]>[0];

/** Leases the next ready item, selected and leased in one step, so that two claimers never get the same. */
export async function claimNext(core: Core, request: Request): Promise<Claim | undefined> {
  leaseLength(request.ttlMs);
  const claim = !core.db.isTransaction ? await claimPlain(core, request) : "general";
  return claim === "general" ? claimCarefully(core, request) : claim;
}

/** The usual case in one write: nothing is due, no bound of leases, and one queue per project, and there is a ready item that
 * touches no paths. Else `general`.
 */
function claimPlain(
  core: Core,
  { by, filter, ttlMs, runner }: Request,
): Promise<Claim | undefined | "general"> {
  return core.oneWrite(async (handle) => {
    const kindClass = filter.class ?? "core";
    const head = await core.dialect.hot.queueHead(handle, kindClass, runner.runner ?? "");
    const entries = within(head.entries, filter);
    if (head.nextDue !== null && head.nextDue <= head.now) return "general";
    const pairs = drawPlain(entries, core.random);
    if (pairs === undefined) return "general";
    if (pairs.length === 0) return undefined;
    const holder = formatActor(by.actor);
    const leaseId = core.leaseId();
    const row = await core.dialect.hot.claimReady(handle, {
      pairs,
      class: kindClass,
      kinds: filter.kinds,
      leaseId,
      ttlMs,
      run: {
        uid: core.uid(head.now),
        holder,
        runner: runner.runner ?? null,
        host: runner.host ?? null,
        worker: runner.worker ?? null,
        workerId: runner.workerId ?? null,
      },
      event: { actor: holder, auth: by.auth, door: by.door, operation: "claim" },
    });
    if (row === undefined || row === "contested") return "general";
    return toClaim(readItem(row), leaseId, ttlMs);
  });
}

function toClaim(item: Item, leaseId: string, ttlMs: number): Claim | undefined {
  const { holder, leaseRunId: runId, leaseAcquiredAt: acquiredAt } = item;
  if (holder === null || runId === null || acquiredAt === null) return undefined;
  return {
    item,
    runId,
    lease: { id: leaseId, fence: item.fence, holder, acquiredAt, expiresAt: acquiredAt + ttlMs },
  };
}

/** The general way, in one transaction: wakes what is due, keeps bounds of leases, puts aside what others hold the paths of. */
function claimCarefully(core: Core, { by, filter, ttlMs, runner }: Request): Promise<Claim | undefined> {
  return core.write(by, "claim", async (unit) => {
    if (await runnerPaused(unit, runner.runner)) return undefined;
    await wakeDue(unit);
    for (let pick = 0; pick < PICKS; pick += 1) {
      const item = (await pickReady(unit, filter)) ?? (await pickFreed(unit, filter));
      if (item === undefined) return undefined;
      const holder = await overlapping(unit, item);
      if (holder === undefined) return lease(unit, item, ttlMs, runner);
      await replaceItem(unit, item, { heldBy: holder });
    }
    return undefined;
  });
}

/** Gives an item to the caller: a new lease id, a new run, the fence one higher. */
export async function lease(unit: Unit, item: Item, ttlMs: number, runner: RunnerInfo): Promise<Claim> {
  const holder = formatActor(unit.by.actor);
  const leaseId = unit.core.leaseId();
  const run = await unit.tx
    .insertInto("run")
    .values({
      uid: unit.core.uid(unit.now),
      item_id: item.id,
      lease_id: leaseId,
      holder,
      runner: runner.runner ?? null,
      host: runner.host ?? null,
      worker: runner.worker ?? null,
      worker_id: runner.workerId ?? null,
      agent: null,
      token: null,
      session_id: null,
      resumes: null,
      plan_version: null,
      started_at: unit.now,
      ended_at: null,
      outcome: null,
      reason: null,
      reported: null,
      result: null,
      usage: null,
      cost_usd: null,
      tokens: null,
      worked_ms: null,
      spent_day: null,
      log_path: null,
      log_bytes: null,
    })
    .returning("id")
    .executeTakeFirstOrThrow();
  const change = {
    leaseId,
    holder,
    leaseRunId: run.id,
    leaseAcquiredAt: unit.now,
    leaseExpiresAt: unit.now + ttlMs,
    leaseTtlMs: ttlMs,
    fence: item.fence + 1,
    notBefore: null,
    heldBy: null,
  };
  const after = await saveItem(unit, item, change, { operation: "claim", runId: run.id, leaseId });
  return {
    item: after,
    runId: run.id,
    lease: { id: leaseId, fence: after.fence, holder, acquiredAt: unit.now, expiresAt: unit.now + ttlMs },
  };
}

/** The first ready item in drawn order of the projects; locked against concurrent pickers. */
async function pickReady(unit: Unit, filter: ClaimFilter): Promise<Item | undefined> {
  for (const queues of drawQueues(await queueEntries(unit.core, unit.tx, filter), unit.core.random)) {
    const item = await firstReady(unit.core, unit.tx, queues, filter, true);
    if (item !== undefined && (await reachedBound(unit, item.projectId)) === undefined) return item;
  }
  return undefined;
}

/** When nothing is ready: an item that is held for nothing. */
const pickFreed = async (unit: Unit, filter: ClaimFilter): Promise<Item | undefined> =>
  (await readyHeld(unit)) === 0 ? undefined : pickReady(unit, filter);

async function runnerPaused(unit: Unit, runner: string | undefined): Promise<boolean> {
  if (runner === undefined) return false;
  const found = await unit.tx
    .selectFrom("pause")
    .select("name")
    .where("scope", "=", "runner")
    .where("name", "=", runner)
    .executeTakeFirst();
  return found !== undefined;
}
