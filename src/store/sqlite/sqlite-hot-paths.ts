import type { Database as SqliteFile } from "bun:sqlite";
import type { HotPaths, LeasedWrite, QueueHead, ReadyClaim, ReadyPick } from "#store/claim/hot-paths.ts";
import { readHead, toLeased, type HeadRow, type LeasedColumns } from "#store/claim/hot-rows.ts";
import { assignments, queueHeadSql, readLeasedSql, type SqlNames } from "#store/claim/hot-sql.ts";
import type { ItemTable } from "#store/schema.ts";
import type { Selectable } from "kysely";

type Row = Selectable<ItemTable>;
type Bindings = (string | number | null)[];

/**
 * A placeholder that keeps its plan. Beside a partial index SQLite plans a statement anew for each value bound to a bare `?`, because the
 * value might be the index's own; behind a sign it does not look, and a claim takes a third less.
 */
const steady = (n: number): string => `+?${n}`;

/** Hot paths on SQLite: prepared statements on the open file, inside the immediate transaction that holds it. */
export function sqliteHotPaths(file: SqliteFile, clock: () => string): HotPaths {
  return {
    oneWrite: (db, work) => db.transaction().execute(work),
    queueHead: async (_handle, kindClass, runner) => queueHead(file, clock(), kindClass, runner),
    claimReady: async (_handle, claim) => claimReady(file, clock(), claim),
    peekReady: async (_handle, pick) => peekReady(file, pick),
    readLeased: async (_handle, leaseId) =>
      toLeased(one<LeasedColumns>(file, readLeasedSql(names(clock())), [leaseId])),
    saveLeased: async (_handle, write) => saveLeased(file, names(clock()), write),
  };
}

const names = (now: string): SqlNames => ({
  t: (table) => table,
  now,
  p: steady,
  lines: (text) => `group_concat(${text}, char(10))`,
});

const one = <R>(file: SqliteFile, text: string, values: Bindings) =>
  file.query<R, Bindings>(text).get(...values);

/** See `HotPaths.queueHead`. */
const queueHead = (file: SqliteFile, now: string, kindClass: string, runner: string): QueueHead =>
  readHead(one<HeadRow>(file, queueHeadSql(names(now)), [kindClass, runner]));

/** See `HotPaths.peekReady`. */
const peekReady = (file: SqliteFile, pick: ReadyPick): Row | undefined =>
  one<Row>(file, `select * from item where id = ${readyId(pick.kinds)}`, pickValues(pick)) ?? undefined;

const EVENT =
  "insert into event (stream, stream_id, n, at, actor, auth, door, operation, run_id, lease_id) values ('item', ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9) returning id";
const PAYLOAD = "insert into event_payload (event_id, changes) values (?1, ?2)";

interface Told {
  readonly itemId: number;
  readonly n: number;
  readonly at: number;
  readonly runId: number;
  readonly leaseId: string;
}

function tell(
  file: SqliteFile,
  { itemId, n, at, runId, leaseId }: Told,
  { actor, auth, door, operation }: ReadyClaim["event"],
  changes: string,
): void {
  const event = file
    .query<{ id: number }, Bindings>(EVENT)
    .get(itemId, n, at, actor, auth, door, operation, runId, leaseId);
  file.query(PAYLOAD).run(event?.id ?? 0, changes);
}

/** No outer order: json_each walks in order and the limit stops it at the first project with a ready item. */
const READY_ID = `(select x from (select (select r.id from item r where r.q = 1 and r.class = ${steady(2)} and r.needs = s.value->>1 and r.project_id = s.value->>0 KINDS
      order by r.band, r.deadline, r.tried, r.id limit 1) x from json_each(?1) s) where x is not null limit 1)`;
const KINDS = "and r.kind in (select value from json_each(?3))";

const readyId = (kinds: ReadyPick["kinds"]): string =>
  READY_ID.replace("KINDS", kinds === undefined ? "" : KINDS);

function pickValues({ pairs, kinds, ...pick }: ReadyPick): Bindings {
  const drawn = JSON.stringify(pairs.map((pair) => [pair.projectId, pair.needs]));
  return [drawn, pick.class, ...(kinds === undefined ? [] : [JSON.stringify(kinds)])];
}

function claimReady(
  file: SqliteFile,
  now: string,
  { pairs, kinds, leaseId, ttlMs, run, event, ...claim }: ReadyClaim,
): Row | "contested" | undefined {
  const text = `select i.id, i.has_paths, ${now} as now from item i where i.id = ${readyId(kinds)}`;
  const pick = file
    .query<{ id: number; has_paths: number; now: number }, Bindings>(text)
    .get(...pickValues({ pairs, kinds, class: claim.class }));
  if (pick === null) return undefined;
  if (pick.has_paths === 1) return "contested";
  const made = file
    .query<{ id: number }, Bindings>(
      "insert into run (uid, item_id, lease_id, holder, runner, host, worker, worker_id, started_at) values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9) returning id",
    )
    .get(run.uid, pick.id, leaseId, run.holder, run.runner, run.host, run.worker, run.workerId, pick.now);
  const row = file
    .query<Row, Bindings>(
      `update item set q = 3, lease_id = ?2, holder = ?3, lease_run_id = ?4, lease_acquired_at = ?5, lease_expires_at = ?5 + ?6, wake_at = ?5 + ?6,
        lease_ttl_ms = ?6, not_before = null, fence = fence + 1, event_n = event_n + 1, updated_at = ?5 where id = ?1 returning *`,
    )
    .get(pick.id, leaseId, run.holder, made?.id ?? 0, pick.now, ttlMs);
  if (row === null) return undefined;
  const told = { itemId: row.id, n: row.event_n, at: pick.now, runId: made?.id ?? 0, leaseId };
  tell(
    file,
    told,
    event,
    JSON.stringify({
      holder: [null, run.holder],
      lease_run_id: [null, made?.id],
      fence: [row.fence - 1, row.fence],
    }),
  );
  return row;
}

function saveLeased(
  file: SqliteFile,
  { now, p }: SqlNames,
  { itemId, eventN, leaseId, columns, run, event }: LeasedWrite,
): number | undefined {
  const set = assignments(columns, 4, p);
  const row = file
    .query<{ updated_at: number }, Bindings>(
      `update item set updated_at = ${now}, event_n = event_n + 1, ${set.text} where id = ?1 and event_n = ?2 and lease_id = ${steady(3)} and lease_expires_at > ${now} returning updated_at`,
    )
    .get(itemId, eventN, leaseId, ...set.values);
  if (row === null) return undefined;
  const ran = assignments(run.columns, 2, p);
  file.query(`update run set ${ran.text} where id = ?1`).run(run.id, ...ran.values);
  tell(file, { itemId, n: eventN + 1, at: row.updated_at, runId: run.id, leaseId }, event, event.changes);
  return row.updated_at;
}
