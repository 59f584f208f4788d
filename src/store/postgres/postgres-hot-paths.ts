import type { Selectable } from "kysely";
import type { HotPaths, LeasedWrite, ReadyClaim, ReadyPick } from "#store/claim/hot-paths.ts";
import { readHead, toLeased, type HeadRow, type LeasedColumns } from "#store/claim/hot-rows.ts";
import { assignments, queueHeadSql, readLeasedSql, type SqlNames } from "#store/claim/hot-sql.ts";
import type { ItemTable } from "#store/schema.ts";
import type { RunStatement } from "./run-statement.ts";

type Row = Selectable<ItemTable>;

/** Of the queues in drawn order, this many are looked at first: the first one nearly always has a ready item, and each one sent costs. */
const FIRST_PAIRS = 8;

/** Hot paths on PostgreSQL: one statement each, so that no transaction stays open between round trips. */
export function postgresHotPaths(send: RunStatement, schema: string, clock: () => string): HotPaths {
  const names = (): SqlNames => ({
    t: (table) => `"${schema}".${table}`,
    now: clock(),
    p: (n) => `$${n}`,
    lines: (text) => `string_agg(${text}, chr(10))`,
  });
  return {
    oneWrite: (db, work) => work(db),
    queueHead: async (_handle, kindClass, runner) =>
      readHead((await send<HeadRow>(queueHeadSql(names()), [kindClass, runner]))[0]),
    claimReady: async (_handle, { pairs, ...claim }) =>
      (await claimReady(send, names(), { ...claim, pairs: pairs.slice(0, FIRST_PAIRS) })) ??
      (pairs.length > FIRST_PAIRS
        ? claimReady(send, names(), { ...claim, pairs: pairs.slice(FIRST_PAIRS) })
        : undefined),
    peekReady: (_handle, pick) => peekReady(send, names(), pick),
    readLeased: async (_handle, leaseId) =>
      toLeased((await send<LeasedColumns>(readLeasedSql(names()), [leaseId]))[0]),
    saveLeased: (_handle, write) => saveLeased(send, names(), write),
  };
}

async function claimReady(
  send: RunStatement,
  names: SqlNames,
  { pairs, kinds, leaseId, ttlMs, run, event, ...claim }: ReadyClaim,
): Promise<Row | "contested" | undefined> {
  const values = [
    pairs.map((pair) => pair.projectId),
    pairs.map((pair) => pair.needs),
    claim.class,
    leaseId,
    ttlMs,
    run.uid,
    run.holder,
    run.runner,
    run.host,
    run.worker,
    run.workerId,
    event.actor,
    event.auth,
    event.door,
    event.operation,
    ...(kinds === undefined ? [] : [[...kinds]]),
  ];
  const rows = await send<Row & { readonly picked_paths: number }>(
    claimSql(names, kinds !== undefined),
    values,
  );
  const [row] = rows;
  if (row === undefined) return undefined;
  const { picked_paths: paths, ...item } = row;
  return paths === 1 ? "contested" : item;
}

async function peekReady(
  send: RunStatement,
  { t }: SqlNames,
  { pairs, kinds, ...pick }: ReadyPick,
): Promise<Row | undefined> {
  const [row] = await send<Row>(
    `select i.* from unnest($1::bigint[], $2::text[]) with ordinality z(p, n, o)
      cross join lateral (select * from ${t("item")} where q = 1 and class = $3 and needs = z.n and project_id = z.p ${kinds === undefined ? "" : "and kind = any($4)"}
        order by band, deadline, tried, id limit 1) i limit 1`,
    [
      pairs.map((pair) => pair.projectId),
      pairs.map((pair) => pair.needs),
      pick.class,
      ...(kinds === undefined ? [] : [[...kinds]]),
    ],
  );
  return row;
}

/** Pick, lease, run, event and payload in one statement. `now` is asked once, after the lock is held. */
function claimSql({ t, now }: SqlNames, byKind: boolean): string {
  return `with pick as materialized (select i.id, i.has_paths, ${now} as now
      from unnest($1::bigint[], $2::text[]) with ordinality z(p, n, o)
      cross join lateral (select id, has_paths from ${t("item")} where q = 1 and class = $3 and needs = z.n and project_id = z.p ${byKind ? "and kind = any($16)" : ""}
        order by band, deadline, tried, id limit 1 for update skip locked) i limit 1),
    r as (insert into ${t("run")} (uid, item_id, lease_id, holder, runner, host, worker, worker_id, started_at)
      select $6, id, $4, $7, $8, $9, $10, $11, now from pick where has_paths = 0 returning id, started_at as now),
    up as (update ${t("item")} i set q = 3, lease_id = $4, holder = $7, lease_run_id = r.id, lease_acquired_at = r.now, lease_expires_at = r.now + $5::bigint, wake_at = r.now + $5::bigint,
        lease_ttl_ms = $5::bigint, not_before = null, fence = fence + 1, event_n = event_n + 1, updated_at = r.now from pick, r where i.id = pick.id returning i.*),
    e as (insert into ${t("event")} (stream, stream_id, n, at, actor, auth, door, operation, run_id, lease_id)
      select 'item', up.id, up.event_n, up.updated_at, $12, $13, $14, $15, up.lease_run_id, $4 from up returning id),
    y as (insert into ${t("event_payload")} (event_id, changes)
      select e.id, json_build_object('holder', json_build_array(null, up.holder), 'lease_run_id', json_build_array(null, up.lease_run_id), 'fence', json_build_array(up.fence - 1, up.fence))::text from e, up)
    select up.*, pick.has_paths as picked_paths from pick left join up on true`;
}

async function saveLeased(
  send: RunStatement,
  { t, now, p }: SqlNames,
  { itemId, eventN, leaseId, columns, run, event }: LeasedWrite,
): Promise<number | undefined> {
  const fixed = [
    itemId,
    eventN,
    leaseId,
    run.id,
    event.actor,
    event.auth,
    event.door,
    event.operation,
    event.changes,
  ];
  const set = assignments(columns, fixed.length + 1, p);
  const ran = assignments(run.columns, fixed.length + 1 + set.values.length, p);
  const rows = await send<{ readonly updated_at: number }>(
    `with up as (update ${t("item")} set updated_at = ${now}, event_n = event_n + 1, ${set.text}
        where id = $1 and event_n = $2 and lease_id = $3 and lease_expires_at > ${now} returning id, event_n, updated_at),
      r as (update ${t("run")} set ${ran.text} from up where run.id = $4 returning run.id),
      e as (insert into ${t("event")} (stream, stream_id, n, at, actor, auth, door, operation, run_id, lease_id)
        select 'item', up.id, up.event_n, up.updated_at, $5, $6, $7, $8, $4, $3 from up returning id),
      y as (insert into ${t("event_payload")} (event_id, changes) select e.id, $9 from e)
    select updated_at from up`,
    [...fixed, ...set.values, ...ran.values],
  );
  return rows[0]?.updated_at;
}
