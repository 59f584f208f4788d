import { requireHuman } from "#domain/caller.ts";
import { formatActor } from "#domain/actor.ts";
import { invalidField, SluiceError } from "#domain/errors.ts";
import { nextState } from "#domain/item/lifecycle.ts";
import { Spec } from "#domain/item/spec.ts";
import { laneNamed, laneOfRole } from "#domain/lane.ts";
import type { ItemStore } from "#operations/ports/store/item-store.ts";
import { saveItem, unblocked } from "./save-item.ts";
import type { Unit } from "#store/core.ts";
import { NO_LEASE, NOT_ASKED } from "./item-row.ts";
import { pathsOf, reposOf } from "./item-detail.ts";
import { kindClass, rowFields, writeLabels, writePaths } from "./item-add.ts";
import { lockItem } from "./item-save.ts";
import { refuseStale } from "./if-version.ts";
import { requireOwnLease } from "#store/claim/lease.ts";
import { addNote } from "./notes.ts";
import { isOverBudget } from "#store/queue/spending.ts";
import { refOf } from "./refs.ts";
import { readSpec, writeSpec } from "./specs.ts";

type Of<K extends keyof ItemStore> = Parameters<ItemStore[K]>[0];

export async function editItem(unit: Unit, { id, ifVersion, changes }: Of<"edit">): Promise<void> {
  requireHuman(unit.by, "edit an item");
  const item = await lockItem(unit, id);
  const name = await refOf(unit.tx, id);
  const state = nextState(item.state, "amend", name);
  const { spec, labels, paths, budget } = changes;
  const before = spec === undefined ? undefined : await readSpec(unit.tx, id);
  const oldPaths = paths === undefined ? undefined : await pathsOf(unit.core.dialect, unit.tx, id);
  const fields = { ...namedOf(item, changes), ...namedOf(before, spec), ...given("paths", oldPaths) };
  await refuseStale(unit, { stream: "item", id, name, version: item.version, ifVersion, fields });
  const after = before === undefined ? undefined : Spec.parse(withoutNull({ ...before, ...spec }));
  const facts = {
    ...(before === undefined || after === undefined ? {} : { spec: changedFields(before, after) }),
    ...(paths === undefined ? {} : { paths: [oldPaths, paths] }),
  };
  await saveItem(
    unit,
    item,
    {
      state,
      ...rowFields(changes),
      ...(changes.kind === undefined ? {} : { class: kindClass(changes.kind) }),
      ...(paths === undefined ? {} : { heldBy: null }), // the next claim looks at the new paths
      ...(budget === undefined ? {} : { budget, overBudget: await isOverBudget(unit.tx, { id, budget }) }),
      version: item.version + 1,
      ...(after === undefined
        ? {}
        : { waitsForTrigger: after.trigger?.hold === true && item.firedAt === null }),
    },
    { facts, ...(paths === undefined ? {} : { hasPaths: paths.length > 0 }) },
  );
  if (after !== undefined || changes.title !== undefined)
    await writeSpec(unit, id, after ?? (await readSpec(unit.tx, id)));
  if (labels !== undefined) await writeLabels(unit, id, labels);
  if (paths !== undefined)
    await writePaths(
      unit,
      id,
      paths,
      (await reposOf(unit.core.dialect, unit.tx, id)).map((repo) => ({
        id: repo.repoId,
        alias: repo.alias,
        role: repo.role,
      })),
    );
}

/** The fields that a change names, with the values they have before it. */
function namedOf(before: object | undefined, change: object | undefined): Record<string, unknown> {
  const old = new Map<string, unknown>(Object.entries(before ?? {}));
  const named = Object.entries(change ?? {}).filter(
    ([field, value]) => value !== undefined && field !== "spec",
  );
  return Object.fromEntries(named.map(([field]) => [field, old.get(field) ?? null]));
}

const given = (field: string, value: unknown) => (value === undefined ? {} : { [field]: value });

const withoutNull = (value: object) =>
  Object.fromEntries(Object.entries(value).filter(([, v]) => v !== null && v !== undefined));

function changedFields(before: Spec, after: Spec): Record<string, unknown> {
  const old = new Map<string, unknown>(Object.entries(before));
  const now = new Map<string, unknown>(Object.entries(after));
  const changed = Object.keys({ ...before, ...after }).filter(
    (key) => JSON.stringify(old.get(key)) !== JSON.stringify(now.get(key)),
  );
  return Object.fromEntries(changed.map((key) => [key, [old.get(key) ?? null, now.get(key) ?? null]]));
}

/** A person moves freely; an agent only out of an agents' lane. Entering one is a grant, leaving it a revocation that ends a lease. */
export async function moveItem(
  unit: Unit,
  { id, lane, reason }: Of<"move">,
  /** Since when it waits, where it goes back to a place that it had. */
  keptReadyAt?: number,
): Promise<void> {
  const item = await lockItem(unit, id);
  const to = laneNamed(unit.lanes, lane);
  const from = laneNamed(unit.lanes, item.lane);
  if (to.role === "agent" || from.role !== "agent")
    requireHuman(unit.by, `move an item from ${from.name} to ${to.name}`);
  if (!(await requireOwnLease(unit, item)) && item.leaseId !== null)
    requireHuman(unit.by, "move an item that another run holds");
  const state = nextState(item.state, "move", await refOf(unit.tx, id));
  const leaves = from.role === "agent" && to.role !== "agent";
  const enters = to.role === "agent" && from.role !== "agent";
  await saveItem(
    unit,
    item,
    {
      state,
      lane: to.name,
      ...NOT_ASKED,
      version: item.version + 1,
      ...(leaves ? NO_LEASE : {}),
      // The time in human lanes before it was ever ready is not waiting in the agents' queue.
      ...(enters && item.fence === 0 ? { readyAt: unit.now } : {}),
      ...(keptReadyAt === undefined ? {} : { readyAt: keptReadyAt }),
    },
    {
      facts: { reason: reason ?? null },
      ...(leaves ? { run: { ends: "revoked", reason } } : {}),
      ...(to.role === "agent" ? { grantBy: formatActor(unit.by.actor) } : leaves ? { grantBy: null } : {}),
    },
  );
  if (enters) return;
  if (reason !== undefined) await addNote(unit, id, { kind: "move", body: reason });
}

export async function bumpItem(unit: Unit, { id }: Of<"bump">): Promise<void> {
  requireHuman(unit.by, "bump an item");
  const item = await lockItem(unit, id);
  const state = nextState(item.state, "amend", await refOf(unit.tx, id));
  await saveItem(unit, item, { state, band: 0 });
}

export async function snoozeItem(unit: Unit, { id, untilMs }: Of<"snooze">): Promise<void> {
  requireHuman(unit.by, "snooze an item");
  const item = await lockItem(unit, id);
  const state = nextState(item.state, "amend", await refOf(unit.tx, id));
  if (untilMs !== null && untilMs <= unit.now)
    throw invalidField("until", new Date(untilMs).toISOString(), "a time in the future");
  await saveItem(unit, item, { state, notBefore: untilMs });
}

export async function dropItem(unit: Unit, { id, reason }: Of<"drop">): Promise<void> {
  requireHuman(unit.by, "drop an item");
  const item = await lockItem(unit, id);
  const state = nextState(item.state, "drop", await refOf(unit.tx, id));
  await addNote(unit, id, { kind: "drop", body: reason });
  await saveItem(
    unit,
    item,
    { state, phase: null, phasesLeft: [], closedAt: unit.now, ...NO_LEASE },
    { facts: { reason }, run: { ends: "revoked", reason } },
  );
}

export async function closeItem(unit: Unit, { id, reason, evidence }: Of<"close">): Promise<void> {
  requireHuman(unit.by, "close an item");
  const item = await lockItem(unit, id);
  const state = nextState(item.state, "close", await refOf(unit.tx, id));
  await addNote(unit, id, { kind: "close", body: reason });
  await addEvidence(unit, id, null, evidence);
  await saveItem(
    unit,
    item,
    { state, phase: null, phasesLeft: [], closedAt: unit.now, ...NO_LEASE },
    { facts: { reason }, run: { ends: "revoked", reason } },
  );
}

export async function addEvidence(
  unit: Unit,
  itemId: number,
  runId: number | null,
  evidence: readonly { kind: string; value: string }[],
): Promise<void> {
  for (const { kind, value } of evidence)
    await unit.tx
      .insertInto("evidence")
      .values({
        item_id: itemId,
        run_id: runId,
        kind,
        value,
        actor: formatActor(unit.by.actor),
        at: unit.now,
      })
      .execute();
}

export async function reopenItem(unit: Unit, { id, reason, lane }: Of<"reopen">): Promise<void> {
  requireHuman(unit.by, "reopen an item");
  const item = await lockItem(unit, id);
  const state = nextState(item.state, "reopen", await refOf(unit.tx, id));
  const to = lane === undefined ? laneOfRole(unit.lanes, "triage") : laneNamed(unit.lanes, lane);
  await addNote(unit, id, { kind: "reopen", body: reason });
  await saveItem(
    unit,
    item,
    {
      state,
      phase: null,
      phasesLeft: [],
      lane: to.name,
      ...NOT_ASKED,
      closedAt: null,
      attempts: 0,
      losses: 0,
      notBefore: null,
      readyAt: unit.now,
      ...NO_LEASE,
    },
    {
      facts: { reason },
      run: { ends: "revoked", reason },
      grantBy: to.role === "agent" ? formatActor(unit.by.actor) : null,
    },
  );
}

export async function unlandItem(unit: Unit, { id, reason, graceMs }: Of<"unland">): Promise<void> {
  if (unit.by.authority !== "system")
    throw new SluiceError("denied", "Only git reverts a landing", {
      hint: "Reopen it with: sluice item reopen",
    });
  const item = await lockItem(unit, id);
  const state = nextState(item.state, "unland", await refOf(unit.tx, id));
  await addNote(unit, id, { kind: "unland", body: reason });
  const change = {
    state,
    phase: "await_git",
    phasesLeft: [],
    closedAt: null,
    notBefore: unit.now + graceMs,
  } as const;
  await saveItem(unit, item, change, { facts: { reason } });
}

export async function unblockItem(unit: Unit, { id, reason }: Of<"unblock">): Promise<void> {
  requireHuman(unit.by, "unblock an item");
  const item = await lockItem(unit, id);
  const change = { ...(await unblocked(unit, item)), openBlockers: 0 };
  const waived = await unit.tx
    .deleteFrom("link")
    .where("from_id", "=", id)
    .where("kind", "=", "blocked_by")
    .returning(["to_kind", "to_id"])
    .execute();
  if (reason !== undefined) await addNote(unit, id, { kind: "unblock", body: reason });
  await saveItem(unit, item, change, { facts: { reason: reason ?? null, waived } });
}
