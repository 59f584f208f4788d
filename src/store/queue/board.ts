import { sql, type Selectable } from "kysely";
import { QUEUE } from "#domain/schedule/queue-place.ts";
import type { Board, ClaimStore, PersonSummary, Waiting } from "#operations/ports/store/claim-store.ts";
import { type Core, databaseNow } from "#store/core.ts";
import type { Database } from "#store/dialect.ts";
import { runRepos, toRun } from "#store/run/run-row.ts";
import type { RunTable } from "#store/schema.ts";
import { readySummary } from "./queue-summary.ts";
import { countOf, countPending, countsIn, inProjects, readStanding, type Standing } from "./tally.ts";

type Request = Parameters<ClaimStore["board"]>[0];
type Projects = Request["projectIds"];

const HOUR_MS = 3_600_000;
const DAY_HOURS = 24;

/** Conditions on an item, each with an index that begins with what it compares and goes on with the project and the time. */
const LEFT =
  "i.state = 'review' and i.lease_id is null and i.phase in ('verify', 'land') and i.not_before is not null";
const STUCK = "i.state = 'blocked' and i.open_blockers = 0";
const inPhase = (phase: "human" | "evidence" | "await_git"): string =>
  `i.state = 'review' and i.phase = '${phase}'`;
const UNSEEN = `${inPhase("await_git")} and i.lease_id is null`;

export async function board(core: Core, db: Database, request: Request): Promise<Board> {
  const { projectIds } = request;
  const at = await databaseNow(db, core.dialect);
  const standing = await readStanding(core, db, projectIds);
  return {
    at,
    queue: await readySummary(core, db, projectIds, standing),
    person: await needsPerson(core, db, { ...request, at, standing }),
    running: await running(core, db, { ...request, at, standing }),
  };
}

/** A request, with what was read for it. */
interface Look extends Request {
  readonly at: number;
  readonly standing: readonly Standing[];
}

/** What waits for a person: counts from the tally, the oldest from an index, one look per project. */
async function needsPerson(core: Core, db: Database, request: Look): Promise<PersonSummary> {
  const { projectIds, standing } = request;
  const look = countOf(standing, ({ phase }) => phase === "human" || phase === "evidence");
  const stuck = countOf(standing, ({ state, isLeftToPerson }) => state === "blocked" && isLeftToPerson);
  const looked = [inPhase("human"), inPhase("evidence")];
  return {
    lanes: await ofLanes(core, db, request),
    gate: await ofGate(core, db, projectIds),
    review: {
      count: look,
      oldestAt: (await oldest(core, db, projectIds, look === 0 ? [] : looked))?.at ?? null,
    },
    landing: await ofLanding(core, db, request),
    blocked: withOldest(stuck, await oldest(core, db, projectIds, stuck === 0 ? [] : [STUCK])),
    untouched: await ofUntouched(core, db, request),
  };
}

interface RunRow extends Selectable<RunTable> {
  readonly title: string;
  /** PostgreSQL answers a boolean, SQLite 0 or 1. */
  readonly has_repos: boolean | 0 | 1;
}

async function running(
  { dialect: { table } }: Core,
  db: Database,
  { projectIds, at, mostRuns }: Look,
): Promise<Board["running"]> {
  // Beside the order by id SQLite would walk all items rather than the index of the leased ones.
  const leased = sql`select l.id from ${table("item")} l where l.q = ${sql.lit(QUEUE.leased)}`;
  const { rows } =
    await sql<RunRow>`select r.*, i.title, exists (select 1 from ${table("run_repo")} x where x.run_id = r.id) as has_repos
    from ${table("item")} i join ${table("run")} r on r.id = i.lease_run_id
    where i.id in (${leased}) and i.lease_expires_at > ${at} and ${inProjects("i.project_id", projectIds)}
    order by i.id desc limit ${mostRuns}`.execute(db);
  const repos = await runRepos(
    db,
    rows.filter((row) => row.has_repos).map(({ id }) => id),
  );
  return rows.map((row) => ({ ...toRun(row, repos), title: row.title }));
}

interface Oldest {
  readonly id: number;
  readonly at: number;
}

const withOldest = (count: number, found: Oldest | undefined): PersonSummary["landing"] => ({
  count,
  oldestAt: found?.at ?? null,
  oldestId: found?.id ?? null,
});

/** The item that is longest as it is, among those that any of the conditions picks. */
async function oldest(
  core: Core,
  db: Database,
  projectIds: Projects,
  conditions: readonly string[],
): Promise<Oldest | undefined> {
  const { table } = core.dialect;
  if (conditions.length === 0) return undefined;
  const ids = conditions.map(
    (
      condition,
    ) => sql`select (select i.id from ${table("item")} i where ${sql.raw(condition)} and i.project_id = p.id order by i.updated_at limit 1)
      from ${table("project")} p where ${inProjects("p.id", projectIds)}`,
  );
  const { rows } = await sql<Oldest>`select o.id, o.updated_at as at from ${table("item")} o
    where o.id in (${sql.join(ids, sql` union all `)}) order by o.updated_at, o.id limit 1`.execute(db);
  return rows[0];
}

/** The sum of one number of each project. */
async function sumOfProjects(
  core: Core,
  db: Database,
  projectIds: Projects,
  of: ReturnType<typeof sql>,
): Promise<number> {
  const { rows } = await sql<{ n: number | null }>`select sum((${of})) as n
    from ${core.dialect.table("project")} p where ${inProjects("p.id", projectIds)}`.execute(db);
  return Number(rows[0]?.n ?? 0);
}

async function ofLanes(
  core: Core,
  db: Database,
  { projectIds, standing, at }: Look,
): Promise<PersonSummary["lanes"]> {
  const waiting = standing.filter(({ state, role, q }) => state === "open" && role !== "agent" && q === 0);
  const lanes = [...new Set(waiting.map(({ lane }) => lane))];
  if (lanes.length === 0) return {};
  const { table } = core.dialect;
  // Of all projects together the first of the lane, else the first of each project.
  const own = projectIds === undefined ? sql`1 = 1` : sql`i.project_id = p.id`;
  const projects =
    projectIds === undefined
      ? sql`(select 1) p`
      : sql`(select id from ${table("project")} where ${inProjects("id", projectIds)}) p`;
  const here = sql`from ${table("item")} i where i.lane = l.name and ${own} and i.state = 'open' and i.q is null`;
  const { rows } = await sql<{ lane: string; oldest: number | null; late: number | null }>`
    select l.name as lane, min((select min(i.created_at) ${here})) as oldest,
      sum((select count(*) ${here} and i.answer_by is not null and i.answer_by <= ${at})) as late
    from ${table("lane")} l cross join ${projects} where l.name in (${sql.join(lanes)}) group by l.name`.execute(
    db,
  );
  return Object.fromEntries(
    rows.map(({ lane, oldest, late }) => [
      lane,
      {
        count: countOf(waiting, (row) => row.lane === lane),
        oldestAt: oldest === null ? null : Number(oldest),
        overdue: Number(late ?? 0),
      },
    ]),
  );
}

async function ofGate(core: Core, db: Database, projectIds: Projects): Promise<Waiting> {
  const { table } = core.dialect;
  const count = await countPending(core, db, projectIds);
  if (count === 0) return { count, oldestAt: null };
  const first = sql`select c.id from ${table("candidate")} c where c.state = 'pending' and c.project_id = p.id order by c.id limit 1`;
  const { rows } = await sql<{
    at: number | null;
  }>`select min(o.proposed_at) as at from ${table("candidate")} o
    where o.id in (select (${first}) from ${table("project")} p where ${inProjects("p.id", projectIds)})`.execute(
    db,
  );
  return { count, oldestAt: rows[0]?.at ?? null };
}

async function ofLanding(
  core: Core,
  db: Database,
  { projectIds, unseenForMs, standing, at }: Look,
): Promise<PersonSummary["landing"]> {
  const left = countOf(standing, ({ state, isLeftToPerson }) => state === "review" && isLeftToPerson);
  const unseen = countOf(standing, ({ phase, q }) => phase === "await_git" && q === 0);
  const young = sql`select count(*) from ${core.dialect.table("item")} i where ${sql.raw(UNSEEN)} and i.project_id = p.id and i.updated_at >= ${at - unseenForMs}`;
  const recent = unseen === 0 ? 0 : await sumOfProjects(core, db, projectIds, young);
  const waits = [...(left > 0 ? [LEFT] : []), ...(unseen > recent ? [UNSEEN] : [])];
  return withOldest(left + unseen - recent, await oldest(core, db, projectIds, waits));
}

async function ofUntouched(
  core: Core,
  db: Database,
  { projectIds, untouchedForMs, at }: Look,
): Promise<Waiting> {
  const day = Math.floor((at - untouchedForMs) / HOUR_MS / DAY_HOURS) * DAY_HOURS;
  const { rows } = await sql<{
    n: number | null;
    first: number | null;
  }>`select sum(d.n) as n, min(d.hour) as first
    from (select s.hour, sum(s.n) as n ${countsIn(core, projectIds)} and s.what = 'untouched' and s.hour < ${day}
      group by s.hour having sum(s.n) <> 0) d`.execute(db);
  const [{ n, first } = { n: null, first: null }] = rows;
  return { count: Number(n ?? 0), oldestAt: first === null ? null : first * HOUR_MS };
}
