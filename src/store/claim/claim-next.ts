import { formatActor } from "#domain/actor.ts";
import { claimOrder } from "#domain/schedule/claim-order.ts";
import { leaseChange } from "#domain/claim/lease-change.ts";
import type { Item } from "#domain/item/item.ts";
import { leaseLength } from "#domain/lease/lease-bounds.ts";
import { drawProjects } from "#domain/schedule/claim-order.ts";
import { QUEUE } from "#domain/schedule/queue-place.ts";
import type { Claim, ClaimStore, RunnerInfo } from "#operations/ports/store/claim-store.ts";
import type { Core, Unit } from "#store/core.ts";
import type { Database, Tx } from "#store/dialect.ts";
import { readyHeld, saveItem } from "#store/item/save-item.ts";
import { readItem } from "#store/item/item-row.ts";
import { itemWrite, replaceItem } from "#store/item/item-save.ts";
import { openQueues, type QueueHead } from "#store/queue/open-queues.ts";
import { readyItems } from "#store/queue/next-ready.ts";
import type { OpenQueue, ReadyClaim } from "#store/queue/ready.ts";
import { wakeDue } from "./due-items.ts";
import { heldBy, pathsAtWork, pathsOfItems, reposOfPaths } from "./held-paths.ts";

type Request = Parameters<ClaimStore["next"]>[0];

/** How often a claim looks again because of others that come before it. */
const LOOKS = 64;
/** Ready items looked at together where paths matter. */
const PAGE = 32;

/** What one look at the queue came to. */
type Look =
  | { readonly claim: Claim }
  | { readonly contended: OpenQueue }
  | { readonly none: { readonly isDue: boolean; readonly hasHeld: boolean } };

/**
 * Leases the next ready item, selected and leased in one step, so that two claimers never get the same. Usually that is one look and one
 * statement; more where an item's time has come, or where the first ready one names paths.
 */
export async function claimNext(core: Core, request: Request): Promise<Claim | undefined> {
  leaseLength(request.ttlMs);
  const { by } = request;
  const done = { woken: false, freed: false };
  for (let look = 0; look < LOOKS; look += 1) {
    const found = await core.oneWrite((db) => lookOnce(core, db, request, done.woken));
    if ("claim" in found) return found.claim;
    if ("contended" in found) {
      const { contended } = found;
      const claim = await core.write(by, "claim", (unit) => claimByPaths(unit, request, contended));
      if (claim !== undefined) return claim;
    } else if (found.none.isDue && !done.woken) {
      await core.write(by, "claim", wakeDue);
      done.woken = true;
    } else {
      if (!found.none.hasHeld || done.freed) return undefined;
      done.freed = true;
      if ((await core.write(by, "claim", readyHeld)) === 0) return undefined;
    }
  }
  return undefined;
}

async function lookOnce(core: Core, db: Database | Tx, request: Request, woken: boolean): Promise<Look> {
  const head = await openQueues(core, db, request.filter, request.runner.runner);
  if (head.isDue && !woken) return { none: head };
  const queues = drawProjects(head.queues, core.random);
  if (queues.length === 0) return { none: head };
  const claimed = await core.dialect.items.claimReady(db, readyClaim(core, request, head, queues));
  if (claimed === undefined) return { none: head };
  if ("leased" in claimed) return { claim: claimOf(readItem(claimed.leased)) };
  const contended = queues.find(({ projectId }) => projectId === claimed.namesPaths);
  return contended === undefined ? { none: head } : { contended };
}

function readyClaim(
  core: Core,
  { by, filter, ttlMs, runner }: Request,
  { now: begun, lanes }: QueueHead,
  queues: readonly OpenQueue[],
): ReadyClaim {
  const holder = formatActor(by.actor);
  const leaseId = core.leaseId();
  return {
    queues,
    class: filter.class ?? "core",
    kinds: filter.kinds,
    leaseId,
    ttlMs,
    run: { uid: core.uid(begun), holder, ...runnerColumns(runner) },
    event: {
      actor: holder,
      auth: by.auth,
      door: by.door,
      operation: "claim",
      idempotencyKey: core.key ?? null,
    },
    lease: (item, runId, now) => {
      const change = leaseChange(item, { id: leaseId, holder, runId, ttlMs, now });
      const writing = { core, by, operation: "claim", now, lanes };
      return itemWrite(writing, item, change, { runId, leaseId }).write;
    },
  };
}

const runnerColumns = ({ runner, host, worker, workerId }: RunnerInfo) => ({
  runner: runner ?? null,
  host: host ?? null,
  worker: worker ?? null,
  worker_id: workerId ?? null,
});

/** A leased item as its holder gets it. */
export function claimOf(item: Item): Claim {
  const { leaseId: id, fence, holder, leaseRunId: runId, leaseAcquiredAt: acquiredAt, leaseExpiresAt } = item;
  if (id === null || holder === null || runId === null || acquiredAt === null || leaseExpiresAt === null)
    throw new TypeError(`Item ${item.id} was leased without a lease`);
  return { item, runId, lease: { id, fence, holder, acquiredAt, expiresAt: leaseExpiresAt } };
}

/**
 * The first ready item of a project whose paths nobody is at work on, within the project's bound: looked at under their locks, so that
 * two claims cannot both see a path free or both take the last place. What others' paths keep back is put aside.
 */
async function claimByPaths(
  unit: Unit,
  { filter, ttlMs, runner }: Request,
  queue: OpenQueue,
): Promise<Claim | undefined> {
  if (await atBound(unit, queue.projectId)) return undefined;
  const pick = { queues: [queue], class: filter.class ?? "core", kinds: filter.kinds };
  const items = await readyItems(unit.tx, pick, PAGE, unit.core.dialect.skipLocked);
  const own = await pathsOfItems(
    unit.tx,
    items.map(({ id }) => id),
  );
  const repos = reposOfPaths(own);
  for (const repoId of repos) await unit.core.dialect.lock(unit.tx, `paths:${repoId}`);
  const atWork = await pathsAtWork(unit.core, unit.tx, repos);
  for (const item of items.toSorted(claimOrder)) {
    const holder = heldBy(item.id, own, atWork);
    if (holder === undefined) return lease(unit, item, ttlMs, runner);
    await replaceItem(unit, item, { heldBy: holder });
  }
  return undefined;
}

/** Whether a project has as many leases as it may, under its lock; a project without a bound needs none. */
export async function atBound(unit: Unit, projectId: number): Promise<number | undefined> {
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

/** Gives a locked item to the caller: a new lease id, a new run, the fence one higher. */
export async function lease(unit: Unit, item: Item, ttlMs: number, runner: RunnerInfo): Promise<Claim> {
  const holder = formatActor(unit.by.actor);
  const leaseId = unit.core.leaseId();
  const { id: runId } = await unit.tx
    .insertInto("run")
    .values({
      uid: unit.core.uid(unit.now),
      item_id: item.id,
      lease_id: leaseId,
      holder,
      ...runnerColumns(runner),
      started_at: unit.now,
    })
    .returning("id")
    .executeTakeFirstOrThrow();
  const change = leaseChange(item, { id: leaseId, holder, runId, ttlMs, now: unit.now });
  return claimOf(await saveItem(unit, item, change, { operation: "claim", runId, leaseId }));
}
