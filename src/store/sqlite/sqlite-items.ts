import { CompiledQuery, type Selectable } from "kysely";
import { drawProjects } from "#domain/schedule/claim-order.ts";
import { QUEUE } from "#domain/schedule/queue-place.ts";
import type { Database, StoreDialect, Tx } from "#store/dialect.ts";
import { readItem } from "#store/item/item-row.ts";
import {
  ADD_SPENDING,
  type Columns,
  eventRow,
  type ItemWrite,
  spendingRow,
  Values,
} from "#store/item/item-write.ts";
import {
  CLAIM_ORDER,
  type Claimed,
  type ItemStatements,
  type ReadyClaim,
  type ReadyPick,
  runnerColumns,
} from "#store/queue/ready.ts";
import { openQueues } from "#store/queue/open-queues.ts";
import type { ItemTable } from "#store/schema.ts";
import { type StatementFile, toBinding } from "./immediate-driver.ts";

type Row = Selectable<ItemTable>;

/** Statements of one transaction: between them nothing can come, and none of them is a round trip. */
export function sqliteItems(send: Send, rows: StoreDialect["rows"], clock: () => string): ItemStatements {
  return {
    write: (db, write) => writeItem(send, db, clock(), write),
    firstReady: async (db, pick) => (await send<Row>(db, firstReadySql(pick), pickValues(pick)))[0],
    claimReady: (db, claim) => claimReady(send, rows, db, claim, clock()),
  };
}

type Send = ReturnType<typeof sender>;

/** A transaction has the file for itself, so that its statements need not go through what shares the file out. */
export const sender =
  (statements: StatementFile) =>
  async <R extends object>(
    db: Database | Tx,
    text: string,
    values: readonly unknown[],
  ): Promise<readonly R[]> =>
    db.isTransaction
      ? (statements.statement(text).all(...values.map(toBinding)) as R[])
      : (await db.executeQuery<R>(CompiledQuery.raw(text, [...values]))).rows;

/**
 * A place that keeps its plan. Beside a partial index SQLite plans a statement anew for each value bound to a bare `?`, because the
 * value might be the index's own; behind a sign it does not look, and a claim takes a third less.
 */
const mark = (n: number): string => `+?${n}`;

async function writeItem(send: Send, db: Database | Tx, now: string, write: ItemWrite): Promise<boolean> {
  const { itemId, eventN, leaseId, event, queue, spending } = write;
  const values = new Values(mark);
  const columns = event === undefined ? write.columns : { ...write.columns, event_n: eventN + 1 };
  const lease =
    leaseId === undefined ? "" : `and lease_id = ${values.add(leaseId)} and lease_expires_at > ${now}`;
  const text = `update item set ${values.assign(columns)} where id = ${values.add(itemId)} and event_n = ${values.add(eventN)} ${lease} returning id`;
  if ((await send(db, text, values.list)).length === 0) return false;
  if (write.run !== undefined) {
    const run = new Values(mark);
    await send(
      db,
      `update run set ${run.assign(write.run)} where item_id = ${run.add(itemId)} and ended_at is null`,
      run.list,
    );
  }
  for (const { table, columns: row } of write.rows) await insert(send, db, table, row);
  if (event !== undefined) {
    const id = await insert(send, db, "event", eventRow(itemId, eventN + 1, event), "returning id");
    await insert(send, db, "event_payload", { event_id: id, changes: event.changes });
  }
  if (spending !== undefined) await insert(send, db, "spending", spendingRow(spending), ADD_SPENDING);
  if (queue !== undefined)
    await insert(
      send,
      db,
      "queue",
      { class: queue.class, needs: queue.needs, project_id: queue.projectId },
      "on conflict do nothing",
    );
  return true;
}

/** Answers the row's id, where `ending` returns it. */
async function insert(
  send: Send,
  db: Database | Tx,
  table: string,
  columns: Columns,
  ending = "",
): Promise<number> {
  const values = new Values(mark);
  const places = Object.values(columns).map((value) => values.add(value));
  const [row] = await send<{ id: number }>(
    db,
    `insert into ${table} (${Object.keys(columns).join(", ")}) values (${places.join(", ")}) ${ending}`,
    values.list,
  );
  return row?.id ?? 0;
}

/** No outer order: json_each walks in order, and the limit stops it at the first project with a ready item. */
function firstReadySql({ kinds }: ReadyPick): string {
  const ofQueue = `select r.id from item r where r.q = ${QUEUE.ready} and r.class = +?2 and r.needs = w.value and r.project_id = p.value->>0
      ${kinds === undefined ? "" : "and r.kind in (select value from json_each(?3))"} order by ${CLAIM_ORDER} limit 1`;
  return `select * from item where id = (select x from (select (select f.id from json_each(p.value->2) w join item f on f.id = (${ofQueue})
        order by f.band, f.deadline, f.tried, f.id limit 1) x
      from json_each(?1) p where p.value->>1 is null or p.value->>1 > (select count(*) from item l where l.q = ${QUEUE.leased} and l.project_id = p.value->>0))
    where x is not null limit 1)`;
}

const pickValues = ({ queues, class: kindClass, kinds }: ReadyPick): readonly unknown[] => [
  JSON.stringify(queues.map(({ projectId, bound, needs }) => [projectId, bound, needs])),
  kindClass,
  ...(kinds === undefined ? [] : [JSON.stringify(kinds)]),
];

/** One transaction writes at a time, so that a bound of leases needs no lock of its own; paths are looked at by the caller. */
async function claimReady(
  send: Send,
  rows: StoreDialect["rows"],
  db: Database | Tx,
  claim: ReadyClaim,
  clock: string,
): Promise<Claimed> {
  const { filter, runner, leaseId, holder } = claim;
  const head = await openQueues({ rows }, db, filter, runner.runner);
  if (head.isDue && !claim.woken) return { none: head };
  const pick = {
    queues: drawProjects(head.queues, claim.random),
    class: filter.class ?? "core",
    kinds: filter.kinds,
  };
  const [row] = await send<Row>(db, firstReadySql(pick), pickValues(pick));
  const queue = pick.queues.find(({ projectId }) => projectId === row?.project_id);
  if (row === undefined || queue === undefined) return { none: head };
  if (row.has_paths === 1) return { namesPaths: queue };
  const run = await insert(
    send,
    db,
    "run",
    {
      uid: claim.uid(head.now),
      item_id: row.id,
      lease_id: leaseId,
      holder,
      ...runnerColumns(runner),
      started_at: head.now,
    },
    "returning id",
  );
  const { after, write } = claim.lease(readItem(row), run, head.now, head.lanes);
  await writeItem(send, db, clock, write);
  return { leased: after };
}
