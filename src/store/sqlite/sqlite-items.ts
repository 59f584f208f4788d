import type { Changes } from "bun:sqlite";
import { CompiledQuery, type Selectable } from "kysely";
import { CLAIM_FIELDS, drawProjects } from "#domain/schedule/claim-order.ts";
import { mayOverlap } from "#store/claim/held-paths.ts";
import type { Database, SqlNames, StoreDialect, Tx } from "#store/dialect.ts";
import { readItem } from "#store/item/item-row.ts";
import {
  ADD_SPENDING,
  beforeNote,
  type Columns,
  eventRow,
  type ItemWrite,
  spendingRow,
  Values,
} from "#store/item/item-write.ts";
import {
  CLAIM_ORDER,
  type Claimed,
  isReady,
  leasesOf,
  newRun,
  type ItemStatements,
  type ReadyClaim,
  type ReadyPick,
  type WrittenItem,
} from "#store/queue/ready.ts";
import { openQueues } from "#store/queue/open-queues.ts";
import type { ItemTable } from "#store/schema.ts";
import { type StatementFile, toBinding } from "./immediate-driver.ts";

type Row = Selectable<ItemTable>;

/** Statements of one transaction: between them nothing can come, and none of them is a round trip. */
export function sqliteItems(statements: StatementFile, rows: Rows, clock: () => string): ItemStatements {
  const run: Run = (text, values) => statements.statement(text).run(...values.map(toBinding));
  return {
    insert: async (_tx, table, columns) => insert(run, table, columns),
    write: async (_tx, write) => writeItem(run, clock(), write),
    firstReady: (db, pick) => firstReady(rows, db, pick),
    claimReady: (db, claim) => claimReady({ run, rows, clock: clock() }, db, claim),
  };
}

/** A statement of the transaction that has the file for itself. */
type Run = (text: string, values: readonly unknown[]) => Changes;

type Rows = StoreDialect["rows"];

/**
 * A transaction has the file for itself, and a read takes it for a moment in which nothing else can run. Only a read beside a transaction
 * of this process goes through what shares the file out.
 */
export const sender =
  (statements: StatementFile) =>
  async <R extends object>(
    db: Database | Tx,
    text: string,
    values: readonly unknown[],
  ): Promise<readonly R[]> =>
    db.isTransaction || !statements.inTransaction
      ? (statements.statement(text).all(...values.map(toBinding)) as R[])
      : (await db.executeQuery<R>(CompiledQuery.raw(text, [...values]))).rows;

/**
 * A place that keeps its plan. Beside a partial index SQLite plans a statement anew for each value bound to a bare `?`, because the
 * value might be the index's own; behind a sign it does not look, and a claim takes a third less.
 */
export const mark = (n: number): string => `+?${n}`;

function writeItem(run: Run, now: string, write: ItemWrite): WrittenItem | undefined {
  const { itemId, eventN, leaseId, leaseEndsAt, event, queue, spending } = write;
  const values = new Values(mark);
  const columns = event === undefined ? write.columns : { ...write.columns, event_n: eventN + 1 };
  const lease =
    leaseId === undefined ? "" : `and lease_id = ${values.add(leaseId)} and lease_expires_at > ${now}`;
  const ends = leaseEndsAt === undefined ? "" : `and lease_expires_at is ${values.add(leaseEndsAt)}`;
  const text = `update item set ${values.assign(columns)} where id = ${values.add(itemId)} and event_n = ${values.add(eventN)} ${lease} ${ends}`;
  if (run(text, values.list).changes === 0) return undefined;
  if (write.run !== undefined) {
    const ended = new Values(mark);
    run(
      `update run set ${ended.assign(write.run)} where item_id = ${ended.add(itemId)} and ended_at is null`,
      ended.list,
    );
  }
  for (const { table, columns: row } of write.rows) insert(run, table, row);
  const noteId = write.note === undefined ? 0 : insert(run, "note", write.note);
  if (event !== undefined) {
    const id = insert(run, "event", eventRow(itemId, eventN + 1, event));
    const changes = noteId === 0 ? event.changes : `${beforeNote(event)}${noteId}}`;
    insert(run, "event_payload", { event_id: id, changes });
  }
  if (spending !== undefined) insert(run, "spending", spendingRow(spending), ADD_SPENDING);
  if (queue !== undefined)
    insert(
      run,
      "queue",
      { class: queue.class, needs: queue.needs, project_id: queue.projectId },
      "on conflict do nothing",
    );
  return { noteId };
}

/** Answers the row's id. */
function insert(run: Run, table: string, columns: Columns, ending = ""): number {
  const values = new Values(mark);
  const places = Object.values(columns).map((value) => values.add(value));
  const text = `insert into ${table} (${Object.keys(columns).join(", ")}) values (${places.join(", ")}) ${ending}`;
  return Number(run(text, values.list).lastInsertRowid);
}

/** One of so many drawn projects nearly always has a ready item: the others need not be told to the database. */
const LIKELY = 8;

async function firstReady(rows: Rows, db: Database | Tx, pick: ReadyPick): Promise<Row | undefined> {
  const text = pick.kinds === undefined ? firstOfAny : firstOfKinds;
  for (const queues of [pick.queues.slice(0, LIKELY), pick.queues.slice(LIKELY)]) {
    const [row] = queues.length === 0 ? [] : await rows<Row>(db, text, pickValues({ ...pick, queues }));
    if (row !== undefined) return row;
  }
  return undefined;
}

/** No outer order: json_each walks in order, and the limit stops it at the first project with a ready item. */
function firstReadySql(names: SqlNames, kinds?: string): string {
  const queue = { class: names.p(2), needs: "w.value", project: "p.value->>0", kinds };
  const ofQueue = `select r.id from item r where ${isReady(names, "r", queue)} order by ${CLAIM_ORDER} limit 1`;
  return `select * from item where id = (select x from (select (select f.id from json_each(p.value->2) w join item f on f.id = (${ofQueue})
        order by ${CLAIM_FIELDS.map((field) => `f.${field}`).join(", ")} limit 1) x
      from json_each(?1) p where p.value->>1 is null or p.value->>1 > ${leasesOf(names, "p.value->>0")})
    where x is not null limit 1)`;
}
const firstOfAny = (names: SqlNames): string => firstReadySql(names);
const firstOfKinds = (names: SqlNames): string => firstReadySql(names, names.p(3));

const pickValues = ({ queues, class: kindClass, kinds }: ReadyPick): Parameters<Rows>[2] => [
  JSON.stringify(queues.map(({ projectId, bound, needs }) => [projectId, bound, needs])),
  kindClass,
  ...(kinds === undefined ? [] : [kinds]),
];

const mayOverlapSql = (names: SqlNames): string => `select ${mayOverlap(names, names.p(1))} as may`;

/** One transaction writes at a time, so that neither a bound of leases nor paths need a lock of their own. */
async function claimReady(
  { run, rows, clock }: { run: Run; rows: Rows; clock: string },
  db: Database | Tx,
  claim: ReadyClaim,
): Promise<Claimed> {
  const { filter, runner, leaseId, holder } = claim;
  const head = await openQueues({ rows }, db, filter, runner.runner);
  if (head.isDue && !claim.woken) return { none: head };
  const queues = drawProjects(head.queues, claim.random);
  const row = await firstReady(rows, db, { queues, class: filter.class ?? "core", kinds: filter.kinds });
  const queue = queues.find(({ projectId }) => projectId === row?.project_id);
  if (row === undefined || queue === undefined) return { none: head };
  if (row.has_paths === 1 && (await rows<{ may: number }>(db, mayOverlapSql, [row.id]))[0]?.may === 1)
    return { namesPaths: queue };
  const begun = { uid: claim.uid(head.now), itemId: row.id, leaseId, holder, runner, startedAt: head.now };
  const runId = insert(run, "run", newRun(begun));
  const { after, write } = claim.lease(readItem(row), runId, head.now, head.lanes);
  writeItem(run, clock, write);
  return { leased: after };
}
