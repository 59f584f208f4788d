import { formatActor, type ActorName } from "#domain/actor.ts";
import type { Plan } from "#domain/claim/plan.ts";
import { SluiceError } from "#domain/errors.ts";
import type { Item, ItemChange } from "#domain/item/item.ts";
import { laneNamed } from "#domain/lane.ts";
import { utcDay } from "#domain/schedule/budget.ts";
import { virtualDeadline } from "#domain/schedule/claim-order.ts";
import { QUEUE, queuePlace, type QueuePlace } from "#domain/schedule/queue-place.ts";
import type { Selectable } from "kysely";
import type { Core, Unit } from "#store/core.ts";
import type { Database, SqlNames, Tx } from "#store/database.ts";
import type { ItemTable } from "#store/schema.ts";
import { itemDifferences, readItem, toldOf, type Differences } from "./item-row.ts";
import type { Columns, ItemWrite, NewRow } from "./item-write.ts";

/** Reads an item for a change, locked until the transaction ends. Refuses with `not_found`. */
export async function lockItem(unit: Unit, id: number): Promise<Item> {
  const [row] = await unit.core.dialect.rows<ItemRow>(unit.tx, byIdSql, [id]);
  if (row === undefined) throw new SluiceError("not_found", `There is no item ${id}`, { details: { id } });
  return readItem(row);
}

/** The item that a lease belongs to, locked; undefined when it is not the live lease of any. */
export async function lockByLease(unit: Unit, leaseId: string): Promise<Item | undefined> {
  const [row] = await unit.core.dialect.rows<ItemRow>(unit.tx, byLeaseSql, [leaseId]);
  return row === undefined ? undefined : readItem(row);
}

type ItemRow = Selectable<ItemTable>;
const byIdSql = ({ t, p, forUpdate }: SqlNames): string =>
  `select i.* from ${t("item")} i where i.id = ${p(1)} ${forUpdate("i")}`;
const byLeaseSql = ({ t, p, forUpdate }: SqlNames): string =>
  `select i.* from ${t("item")} i where i.lease_id = ${p(1)} ${forUpdate("i")}`;

/** Tries under the lock: only a lease that ends in that moment lets the first fail. */
const LOCKED_TRIES = 3;

/** Looks and writes in one step; where another change came between, in a transaction, in which the look locks the item. */
export async function untilUnmoved<T>(
  core: Core,
  step: (db: Database | Tx) => Promise<T | "moved">,
): Promise<T> {
  let done = await core.oneWrite(step);
  for (let attempt = 0; done === "moved" && attempt < LOCKED_TRIES; attempt += 1)
    done = await core.inOne(core.key, (_call, tx) => step(tx));
  if (done !== "moved") return done;
  throw new SluiceError("unavailable", "The item was changed by others again and again", {
    hint: "Nothing was written; try again",
  });
}

/** What goes with a change of an item. */
export interface SaveOptions extends Omit<Plan, "change"> {
  /** Run and lease the event belongs to; by default those of the item before. */
  readonly runId?: number | null;
  readonly leaseId?: string | null;
  /** Columns kept outside the domain's item. */
  readonly grantBy?: ActorName | null;
  readonly hasPaths?: boolean;
  /** A note of which the event tells the number. */
  readonly toldNote?: Columns | undefined;
  /** A new version of its plan, under this number. */
  readonly plan?: { readonly version: number; readonly body: string; readonly runId: number | null };
  readonly evidence?: readonly { readonly kind: string; readonly value: string }[] | undefined;
  /** How long an agent that no worker started has worked on it, where its run ends here; milliseconds. */
  readonly workedMs?: number | undefined;
}

/** Who changes an item, under which name, and when. */
export type Writing = Omit<Unit, "tx">;

/** Where an item stands in the queue, with its lane's role looked up. */
export function placeOf(unit: Pick<Unit, "lanes" | "now">, item: Item): QueuePlace {
  return queuePlace({ ...item, laneRole: laneNamed(unit.lanes, item.lane).role }, unit.now);
}

/** All that a change of an item writes about it: what differs, its place in the queue, its run, notes, evidence, and one event. */
export function itemWrite(
  unit: Writing,
  before: Item,
  change: ItemChange,
  options: SaveOptions = {},
): { readonly after: Item; readonly write: ItemWrite } {
  const wanted: Item = { ...before, ...change };
  const after: Item = {
    ...wanted,
    deadline: virtualDeadline(wanted.readyAt, wanted.priority),
    eventN: before.eventN + 1,
    updatedAt: unit.now,
  };
  const changed = itemDifferences(before, after);
  const { actor, facts, grantBy, workedMs } = options;
  const changes = { ...toldOf(changed), ...(grantBy === undefined ? {} : { grant_by: grantBy }), ...facts };
  const by = formatActor(unit.by.actor);
  const runId = before.leaseRunId;
  const write: ItemWrite = {
    ...rowWrite(unit, before, after, changed, options),
    run: runColumns(unit.now, options),
    rows: newRows(unit, before, options),
    note: options.toldNote,
    spending:
      workedMs === undefined
        ? undefined
        : { projectId: after.projectId, day: utcDay(unit.now), ms: workedMs },
    event: {
      at: unit.now,
      actor: actor ?? by,
      auth: actor === undefined ? unit.by.auth : "asserted",
      interface: unit.by.interface,
      operation: options.operation ?? unit.operation,
      runId: options.runId === undefined ? runId : options.runId,
      leaseId: options.leaseId === undefined ? before.leaseId : options.leaseId,
      idempotencyKey: unit.core.key ?? null,
      changes: JSON.stringify(actor === undefined ? { ...changes, ...unit.facts } : changes),
    },
  };
  return { after, write };
}

/** The item's own row. */
function rowWrite(
  unit: Writing,
  before: Item,
  after: Item,
  changed: Differences,
  { grantBy, hasPaths }: SaveOptions,
): Pick<ItemWrite, "itemId" | "eventN" | "columns" | "queue" | "rows"> {
  const place = placeOf(unit, after);
  const columns = Object.fromEntries(Object.entries(changed).map(([column, [, value]]) => [column, value]));
  return {
    itemId: after.id,
    eventN: before.eventN,
    columns: {
      ...columns,
      q: place.q,
      wake_at: place.wakeAt,
      ...(grantBy === undefined ? {} : { grant_by: grantBy }),
      ...(hasPaths === undefined ? {} : { has_paths: hasPaths ? 1 : 0 }),
    },
    queue: place.q === QUEUE.ready ? after : undefined,
    rows: [],
  };
}

function runColumns(now: number, { run, workedMs }: SaveOptions): Columns | undefined {
  if (run === undefined) return undefined;
  const end = run.ends === undefined ? {} : { ended_at: now, outcome: run.ends };
  const said = "reported" in run ? { reported: run.reported } : { reason: run.reason ?? null };
  const worked = workedMs === undefined ? {} : { worked_ms: workedMs, spent_day: utcDay(now) };
  return { ...end, ...said, ...worked };
}

function newRows(
  unit: Writing,
  { id, leaseRunId }: Item,
  { notes = [], evidence = [], plan }: SaveOptions,
): NewRow[] {
  const by = formatActor(unit.by.actor);
  return [
    ...notes.map(({ kind, body, actor = by, byHolder = false, ofRun = true }) => ({
      table: "note" as const,
      columns: {
        item_id: id,
        actor,
        at: unit.now,
        run_id: ofRun ? leaseRunId : null,
        kind,
        holder: byHolder ? 1 : 0,
        body,
      },
    })),
    ...(plan === undefined
      ? []
      : [
          {
            table: "plan" as const,
            columns: {
              item_id: id,
              version: plan.version,
              body: plan.body,
              actor: by,
              at: unit.now,
              run_id: plan.runId,
            },
          },
        ]),
    ...evidence.map(({ kind, value }) => ({
      table: "evidence" as const,
      columns: { item_id: id, run_id: leaseRunId, kind, value, actor: by, at: unit.now },
    })),
  ];
}

/** Writes what differs, the item's place in the queue and one event. What follows for other items is `saveItem`. */
export async function writeItem(
  unit: Unit,
  before: Item,
  change: ItemChange,
  options: SaveOptions = {},
): Promise<Item> {
  const { after, write } = itemWrite(unit, before, change, options);
  await apply(unit, write);
  return after;
}

/** Recomputes an item's place without an event: time passed, or what held it ended. */
export async function replaceItem(unit: Unit, before: Item, change: ItemChange): Promise<Item> {
  const after = { ...before, ...change };
  await apply(unit, rowWrite(unit, before, after, itemDifferences(before, after), {}));
  return after;
}

async function apply(unit: Unit, write: ItemWrite): Promise<void> {
  if ((await unit.core.dialect.items.write(unit.tx, write)) === undefined)
    throw new SluiceError("internal", `Item ${write.itemId} changed under its lock`);
}

/** Keeps that this project has had ready items of this class and needs: what the draw between projects goes over. */
export async function openQueue(unit: Unit, { class: kindClass, needs, projectId }: Item): Promise<void> {
  await unit.tx
    .insertInto("queue")
    .values({ class: kindClass, needs, project_id: projectId })
    .onConflict((conflict) => conflict.doNothing())
    .execute();
}
