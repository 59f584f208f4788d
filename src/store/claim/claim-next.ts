import { formatActor } from "#domain/actor.ts";
import { claimOrder } from "#domain/schedule/claim-order.ts";
import { leaseChange, leaseLength } from "#domain/claim/lease-change.ts";
import type { Item } from "#domain/item/item.ts";
import { QUEUE } from "#domain/schedule/queue-place.ts";
import type { Claim, ClaimStore, RunnerInfo } from "#operations/ports/store/claim-store.ts";
import type { Core, Unit } from "#store/core.ts";
import { readyHeld, saveItem } from "#store/item/save-item.ts";
import { itemWrite, replaceItem } from "#store/item/item-save.ts";
import { readyItems } from "#store/queue/next-ready.ts";
import { type OpenQueue, type ReadyClaim, newRun } from "#store/queue/ready.ts";
import { wakeDue } from "./due-items.ts";
import { heldBy, pathsAtWork, pathsOfItems, reposOfPaths } from "./held-paths.ts";

type Request = Parameters<ClaimStore["next"]>[0];

/** How often a claim looks again because of others that come before it. */
const LOOKS = 64;
/** Ready items looked at together where paths matter. */
const PAGE = 32;

/**
 * Leases the next ready item, selected and leased in one step, so that two claimers never get the same. Usually that is one look; more
 * where an item's time has come, or where the first ready one names paths.
 */
export async function claimNext(core: Core, request: Request): Promise<Claim | undefined> {
  leaseLength(request.ttlMs);
  const { by } = request;
  const done = { woken: false, freed: false };
  for (let look = 0; look < LOOKS; look += 1) {
    const claim = readyClaim(core, request, done.woken);
    const found = await core.oneWrite((db) => core.dialect.items.claimReady(db, claim));
    if ("leased" in found) return claimOf(found.leased);
    if ("namesPaths" in found) {
      const free = await core.write(by, "claim", (unit) => claimByPaths(unit, request, found.namesPaths));
      if (free !== undefined) return free;
    } else if ("none" in found && found.none.isDue && !done.woken) {
      await core.write(by, "claim", wakeDue);
      done.woken = true;
    } else if ("none" in found) {
      if (!found.none.hasHeld || done.freed) return undefined;
      done.freed = true;
      if ((await core.write(by, "claim", readyHeld)) === 0) return undefined;
    }
  }
  return undefined;
}

function readyClaim(core: Core, { by, filter, ttlMs, runner }: Request, woken: boolean): ReadyClaim {
  const holder = formatActor(by.actor);
  const leaseId = core.leaseId();
  const operation = "claim";
  return {
    filter,
    woken,
    leaseId,
    ttlMs,
    holder,
    runner,
    event: { auth: by.auth, interface: by.interface, operation, idempotencyKey: core.key ?? null },
    uid: core.uid,
    random: core.random,
    lease: (item, runId, now, lanes) => {
      const change = leaseChange(item, { id: leaseId, holder, runId, ttlMs, now });
      return itemWrite({ core, by, operation, now, lanes }, item, change, { runId, leaseId });
    },
  };
}

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
  const run = { uid: unit.core.uid(unit.now), itemId: item.id, leaseId, holder, runner, startedAt: unit.now };
  const runId = await unit.core.dialect.items.insert(unit.tx, "run", newRun(run));
  const change = leaseChange(item, { id: leaseId, holder, runId, ttlMs, now: unit.now });
  return claimOf(await saveItem(unit, item, change, { operation: "claim", runId, leaseId }));
}
