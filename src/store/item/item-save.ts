import { sql } from "kysely";
import { SluiceError } from "#domain/errors.ts";
import type { ActorName } from "#domain/actor.ts";
import type { Item } from "#domain/item/item.ts";
import { laneNamed } from "#domain/lane.ts";
import { virtualDeadline } from "#domain/schedule/claim-order.ts";
import { QUEUE, queuePlace, type QueuePlace } from "#domain/schedule/queue-place.ts";
import type { Unit } from "#store/core.ts";
import { recordEvent } from "#store/history/events.ts";
import { type Differences, itemDifferences, readItem, toldOf } from "./item-row.ts";

/** Reads an item for a change, locked until the transaction ends. Refuses with `not_found`. */
export async function lockItem(unit: Unit, id: number): Promise<Item> {
  const item = await findLocked(unit, "id", id);
  if (item === undefined) throw new SluiceError("not_found", `There is no item ${id}`, { details: { id } });
  return item;
}

/** The item that a lease belongs to, locked; undefined when it is no item's live lease. */
export function lockByLease(unit: Unit, leaseId: string): Promise<Item | undefined> {
  return findLocked(unit, "lease_id", leaseId);
}

async function findLocked(
  unit: Unit,
  column: "id" | "lease_id",
  value: number | string,
): Promise<Item | undefined> {
  const row = await unit.tx
    .selectFrom("item")
    .selectAll()
    .where(column, "=", value)
    .modifyEnd(unit.core.dialect.forUpdate)
    .executeTakeFirst();
  return row === undefined ? undefined : readItem(row);
}

export interface SaveOptions {
  /** Name of the event, where it is not the operation's own. */
  readonly operation?: string;
  readonly actor?: ActorName;
  /** Facts kept with the event beside the changed columns. */
  readonly facts?: Readonly<Record<string, unknown>>;
  /** Run and lease the event belongs to; by default those of the item before. */
  readonly runId?: number | null;
  readonly leaseId?: string | null;
  /** Columns kept outside the domain's item. */
  readonly grantBy?: ActorName | null;
  readonly hasPaths?: boolean;
}

/** Where an item stands in the queue, with its lane's role looked up. */
export function placeOf(unit: Pick<Unit, "lanes" | "now">, item: Item): QueuePlace {
  return queuePlace({ ...item, laneRole: laneNamed(unit.lanes, item.lane).role }, unit.now);
}

/** Writes what differs, the item's place in the queue and one event. What follows for other items is `change-item.ts`. */
export async function writeItem(
  unit: Unit,
  before: Item,
  change: Partial<Item>,
  options: SaveOptions = {},
): Promise<Item> {
  const wanted: Item = { ...before, ...change };
  const after: Item = {
    ...wanted,
    deadline: virtualDeadline(wanted.readyAt, wanted.priority),
    eventN: before.eventN + 1,
    updatedAt: unit.now,
  };
  const changed = itemDifferences(before, after);
  await writeRow(unit, before, after, changed, options);
  await recordEvent(unit, {
    stream: "item",
    streamId: after.id,
    n: after.eventN,
    changes: { ...toldOf(changed), ...grantChange(options), ...options.facts },
    actor: options.actor,
    operation: options.operation,
    runId: options.runId === undefined ? before.leaseRunId : options.runId,
    leaseId: options.leaseId === undefined ? before.leaseId : options.leaseId,
  });
  return after;
}

const grantChange = ({ grantBy }: SaveOptions) => (grantBy === undefined ? {} : { grant_by: grantBy });

/** Recomputes an item's place without an event: time passed, or what held it ended. */
export async function replaceItem(unit: Unit, before: Item, change: Partial<Item>): Promise<Item> {
  const after = { ...before, ...change };
  await writeRow(unit, before, after, itemDifferences(before, after), {});
  return after;
}

async function writeRow(
  unit: Unit,
  before: Item,
  after: Item,
  changed: Differences,
  options: SaveOptions,
): Promise<void> {
  const place = placeOf(unit, after);
  const columns = Object.fromEntries(Object.entries(changed).map(([column, [, value]]) => [column, value]));
  const { numUpdatedRows } = await unit.tx
    .updateTable("item")
    .set({ ...columns, q: place.q, wake_at: place.wakeAt, ...outside(options) })
    .where("id", "=", after.id)
    .where("event_n", "=", before.eventN)
    .executeTakeFirstOrThrow();
  if (numUpdatedRows !== 1n) throw new SluiceError("internal", `Item ${after.id} changed under its lock`);
  if (place.q === QUEUE.ready) await openQueue(unit, after);
}

function outside({ grantBy, hasPaths }: SaveOptions): { grant_by?: ActorName | null; has_paths?: number } {
  return {
    ...(grantBy === undefined ? {} : { grant_by: grantBy }),
    ...(hasPaths === undefined ? {} : { has_paths: hasPaths ? 1 : 0 }),
  };
}

/** Remembers that this project has had ready items of this class and needs: what the draw between projects goes over. */
export async function openQueue(unit: Unit, item: Item): Promise<void> {
  const { table } = unit.core.dialect;
  await sql`insert into ${table("queue")} (class, needs, project_id) values (${item.class}, ${item.needs}, ${item.projectId})
    on conflict do nothing`.execute(unit.tx);
}
