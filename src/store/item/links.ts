import { formatActor } from "#domain/actor.ts";
import { SluiceError } from "#domain/errors.ts";
import type { LinkKind } from "#operations/ports/store/item-store.ts";
import type { Unit } from "#store/core.ts";
import { unblocked } from "./save-item.ts";
import { lockItem, writeItem } from "./item-save.ts";
import { requireOwnLease } from "#store/claim/lease.ts";
import { refOf } from "./refs.ts";

export interface LinkRequest {
  readonly fromId: number;
  readonly kind: LinkKind;
  readonly toKind: "item" | "candidate";
  readonly toId: number;
  /** Spec change to apply to the blocked item when this blocker is done. JSON. */
  readonly amendment?: string;
}

/** Adds a link; the same one again changes nothing. A cycle over `blocked_by` is refused with the cycle named. */
export async function addLink(unit: Unit, wanted: LinkRequest): Promise<void> {
  if (wanted.kind === "blocked_by") await unit.core.dialect.lock(unit.tx, "links"); // two sessions must not each close half a cycle
  const { link, state: target } = await lockTarget(unit, wanted);
  const from = await lockItem(unit, link.fromId);
  if (link.kind === "blocked_by" && link.toKind === "item") await refuseCycle(unit, link.fromId, link.toId);
  const inserted = await unit.tx
    .insertInto("link")
    .values({
      from_id: link.fromId,
      kind: link.kind,
      to_kind: link.toKind,
      to_id: link.toId,
      amendment: link.amendment ?? null,
      created_by: formatActor(unit.by.actor),
      created_at: unit.now,
    })
    .onConflict((conflict) => conflict.doNothing())
    .returning("from_id")
    .executeTakeFirst();
  if (inserted === undefined) return;
  const blocks = link.kind === "blocked_by" && holdsUp(target);
  await writeItem(unit, from, blocks ? { openBlockers: from.openBlockers + 1 } : {}, {
    operation: "link.add",
    facts: { link: [link.kind, link.toKind, link.toId] },
  });
}

export async function removeLink(unit: Unit, wanted: LinkRequest): Promise<void> {
  const { link, state: target } = await lockTarget(unit, wanted);
  const from = await lockItem(unit, link.fromId);
  await requireOwnLease(unit, from);
  const removed = await unit.tx
    .deleteFrom("link")
    .where("from_id", "=", link.fromId)
    .where("kind", "=", link.kind)
    .where("to_kind", "=", link.toKind)
    .where("to_id", "=", link.toId)
    .returning("from_id")
    .executeTakeFirst();
  if (removed === undefined)
    throw new SluiceError("not_found", "There is no such link", { details: { ...link } });
  const openBlockers =
    link.kind === "blocked_by" && holdsUp(target) ? from.openBlockers - 1 : from.openBlockers;
  const free = from.state === "blocked" && from.openBlockers > 0 && openBlockers === 0;
  const back = free ? await unblocked(unit, from) : {};
  await writeItem(
    unit,
    from,
    { openBlockers, ...back },
    { operation: "link.remove", facts: { link: [link.kind, link.toKind, link.toId] } },
  );
}

/** States of items and candidates that nothing waits for any more. */
const ENDED = new Set(["done", "dropped", "rejected", "expired"]);
const holdsUp = (state: string): boolean => !ENDED.has(state);

interface Target {
  readonly link: LinkRequest;
  readonly state: string;
}

/**
 * What a link points to, locked, before the item it starts from: whoever ends the target then sees the link, or this sees the end. A
 * candidate that became an item, or part of one, stands for that item. Refuses with `not_found`.
 */
async function lockTarget(unit: Unit, link: LinkRequest): Promise<Target> {
  const { forUpdate } = unit.core.dialect;
  if (link.toKind === "candidate") {
    const row = await unit.tx
      .selectFrom("candidate")
      .select(["state", "item_id"])
      .where("id", "=", link.toId)
      .modifyEnd(forUpdate)
      .executeTakeFirst();
    if (row === undefined) throw noTarget(link);
    if (row.item_id === null) return { link, state: row.state };
    return lockTarget(unit, { ...link, toKind: "item", toId: row.item_id });
  }
  const row = await unit.tx
    .selectFrom("item")
    .select("state")
    .where("id", "=", link.toId)
    .modifyEnd(forUpdate)
    .executeTakeFirst();
  if (row === undefined) throw noTarget(link);
  return { link, state: row.state };
}

const noTarget = ({ toKind, toId }: LinkRequest): SluiceError =>
  new SluiceError("not_found", `There is no ${toKind} ${toId} to link to`, {
    hint: "Find it with: sluice item list, or sluice gate list",
  });

/** Refuses with `conflict`, naming the cycle, what would make an item wait for itself. */
export async function refuseCycle(unit: Unit, fromId: number, toId: number): Promise<void> {
  const path = await pathTo(unit, toId, fromId);
  if (path === undefined) return;
  const cycle = await Promise.all([fromId, ...path].map((id) => refOf(unit.tx, id)));
  throw new SluiceError("conflict", `That would close a circle of blockers: ${cycle.join(" → ")}`, {
    hint: "Remove one of these links first",
    details: { cycle },
  });
}

/** Breadth-first over `blocked_by`: the chain of item ids from one item to another; undefined when there is none. */
async function pathTo(unit: Unit, start: number, goal: number): Promise<readonly number[] | undefined> {
  const cameFrom = new Map<number, number | undefined>([[start, undefined]]);
  for (let frontier = [start]; frontier.length > 0;) {
    if (cameFrom.has(goal)) return trail(cameFrom, goal);
    const rows = await unit.tx
      .selectFrom("link")
      .select(["from_id", "to_id"])
      .where("kind", "=", "blocked_by")
      .where("to_kind", "=", "item")
      .where("from_id", "in", frontier)
      .execute();
    const fresh = rows.filter((row) => !cameFrom.has(row.to_id));
    for (const row of fresh) cameFrom.set(row.to_id, row.from_id);
    frontier = Array.from(new Set(fresh.map((row) => row.to_id)));
  }
  return undefined;
}

function trail(cameFrom: ReadonlyMap<number, number | undefined>, goal: number): readonly number[] {
  const steps: number[] = [];
  for (let at: number | undefined = goal; at !== undefined; at = cameFrom.get(at)) steps.unshift(at);
  return steps;
}
