import { sql } from "kysely";
import { QUEUE } from "#domain/schedule/queue-place.ts";
import type { QueuePressure } from "#domain/schedule/starvation.ts";
import type { ClaimStore } from "#operations/ports/store/claim-store.ts";
import type { Core } from "#store/core.ts";
import type { Database } from "#store/dialect.ts";
import { countOf } from "./tally.ts";

const HOUR_MS = 3_600_000;

interface Counted {
  readonly what: "ready" | "waiting" | "added" | "claimed" | "entered" | "left";
  readonly project_id: number;
  readonly lane: string;
  readonly n: number;
}

/** Who waits, who came and who left: per project and per lane, from the tally; since when the oldest waits, from an index. */
export async function pressure(
  core: Core,
  db: Database,
  sinceMs: number,
): ReturnType<ClaimStore["pressure"]> {
  const { table } = core.dialect;
  const hour = Math.floor(sinceMs / HOUR_MS);
  const { rows } = await sql<Counted>`
    select 'ready' as what, project_id, '' as lane, sum(n) as n from ${table("tallied")}
      where what = 'standing' and hour = 0 and q = ${sql.lit(QUEUE.ready)} group by project_id
    union all select 'waiting', 0, lane, sum(n) from ${table("tallied_total")} where what = 'standing' and hour = 0 and state <> 'review' group by lane
    union all select what, project_id, lane, sum(n) from ${table("tallied")}
      where what in ('added', 'claimed', 'entered', 'left') and hour >= ${hour} group by what, project_id, lane`.execute(
    db,
  );
  const counted = rows.map((row) => ({ ...row, n: Number(row.n) }));
  return { projects: await ofProjects(core, db, counted), lanes: await ofLanes(core, db, counted) };
}

interface Queue {
  readonly id: number;
  readonly name: string;
  readonly oldestAt: number | null;
}

async function ofProjects(
  core: Core,
  db: Database,
  counted: readonly Counted[],
): Promise<readonly QueuePressure[]> {
  const { table } = core.dialect;
  const { rows } = await sql<Queue>`select p.id, p.alias as name,
      (select min(i.ready_at) from ${table("item")} i where i.project_id = p.id and i.q = 1) as "oldestAt"
    from ${table("project")} p where p.archived_at is null`.execute(db);
  const ofProject = Map.groupBy(counted, (row) => row.project_id);
  return rows
    .map(({ id, name, oldestAt }) => {
      const own = ofProject.get(id) ?? [];
      return {
        name,
        oldestAt,
        waiting: countOf(own, ({ what }) => what === "ready"),
        arrivals: countOf(own, ({ what }) => what === "added"),
        drains: countOf(own, ({ what }) => what === "claimed"),
      };
    })
    .toSorted(byName);
}

async function ofLanes(
  core: Core,
  db: Database,
  counted: readonly Counted[],
): Promise<readonly QueuePressure[]> {
  const { table } = core.dialect;
  const { rows } = await sql<Queue>`select l.name,
      (select min(i.created_at) from ${table("item")} i where i.lane = l.name and i.state in ('open', 'blocked')) as "oldestAt"
    from ${table("lane")} l`.execute(db);
  const ofLane = Map.groupBy(counted, (row) => row.lane);
  return rows
    .map(({ name, oldestAt }) => {
      const own = ofLane.get(name) ?? [];
      return {
        name,
        oldestAt,
        waiting: countOf(own, ({ what }) => what === "waiting"),
        arrivals: countOf(own, ({ what }) => what === "entered"),
        drains: countOf(own, ({ what }) => what === "left"),
      };
    })
    .toSorted(byName);
}

/** Names compared by code points, so that both databases answer in the same order. */
const byName = (a: QueuePressure, b: QueuePressure): number => (a.name < b.name ? -1 : 1);
