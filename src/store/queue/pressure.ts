import { sql } from "kysely";
import type { QueuePressure } from "#domain/schedule/starvation.ts";
import type { Core } from "#store/core.ts";
import type { Database } from "#store/dialect.ts";

/** Names compared by code points, so that both databases answer in the same order. */
const byName = (a: QueuePressure, b: QueuePressure): number => (a.name < b.name ? -1 : 1);

/** Per project: ready items, what came, and what was claimed since a time. */
export async function projectPressure(
  core: Core,
  db: Database,
  since: number,
): Promise<readonly QueuePressure[]> {
  const { table } = core.dialect;
  const { rows } = await sql<QueuePressure>`select p.alias as name,
      (select count(*) from ${table("item")} i where i.project_id = p.id and i.q = 1) as waiting,
      (select min(i.ready_at) from ${table("item")} i where i.project_id = p.id and i.q = 1) as "oldestAt",
      (select count(*) from ${table("item")} i where i.project_id = p.id and i.created_at >= ${since}) as arrivals,
      (select count(*) from ${table("run")} r join ${table("item")} i on i.id = r.item_id where i.project_id = p.id and r.started_at >= ${since}) as drains
    from ${table("project")} p where p.archived_at is null`.execute(db);
  return rows.map(numbers).toSorted(byName);
}

/** Per lane: open items, how many entered and how many left it since a time, as their history tells. */
export async function lanePressure(
  core: Core,
  db: Database,
  since: number,
): Promise<readonly QueuePressure[]> {
  const { table } = core.dialect;
  const { rows } = await sql<Omit<QueuePressure, "arrivals" | "drains">>`select l.name as name,
      (select count(*) from ${table("item")} i where i.lane = l.name and i.state in ('open', 'blocked')) as waiting,
      (select min(i.created_at) from ${table("item")} i where i.lane = l.name and i.state in ('open', 'blocked')) as "oldestAt"
    from ${table("lane")} l`.execute(db);
  const moves = await laneMoves(core, db, since);
  return rows
    .map((row) =>
      numbers({ ...row, arrivals: moves.entered.get(row.name) ?? 0, drains: moves.left.get(row.name) ?? 0 }),
    )
    .toSorted(byName);
}

async function laneMoves(
  core: Core,
  db: Database,
  since: number,
): Promise<{ entered: ReadonlyMap<string, number>; left: ReadonlyMap<string, number> }> {
  const { table } = core.dialect;
  const { rows } = await sql<{
    changes: string;
    lane: string;
    closed: number | null;
  }>`select y.changes as changes, i.lane as lane, i.closed_at as closed
    from ${table("event")} e join ${table("event_payload")} y on y.event_id = e.id join ${table("item")} i on i.id = e.stream_id
    where e.stream = 'item' and e.at >= ${since} and (y.changes like '%"lane":%' or y.changes like '%"closed_at":%')`.execute(
    db,
  );
  const entered = new Map<string, number>();
  const left = new Map<string, number>();
  const count = (map: Map<string, number>, name: unknown) => {
    if (typeof name === "string") map.set(name, (map.get(name) ?? 0) + 1);
  };
  for (const row of rows) {
    const { lane, closed_at: closed } = readMove(row.changes);
    if (Array.isArray(lane)) count(left, lane[0]);
    count(entered, Array.isArray(lane) ? lane[1] : lane);
    if (Array.isArray(closed) && closed[1] !== null) count(left, row.lane);
  }
  return { entered, left };
}

function readMove(text: string): { readonly lane?: unknown; readonly closed_at?: unknown } {
  const changes: unknown = JSON.parse(text);
  return typeof changes === "object" && changes !== null ? changes : {};
}

/** PostgreSQL gives counts as text. */
function numbers(row: QueuePressure): QueuePressure {
  const { name, waiting, oldestAt, arrivals, drains } = row;
  return {
    name,
    waiting: Number(waiting),
    oldestAt: oldestAt === null ? null : Number(oldestAt),
    arrivals: Number(arrivals),
    drains: Number(drains),
  };
}
