import { sql } from "kysely";
import type { ClaimStore, PersonSummary, Waiting } from "#operations/ports/store/claim-store.ts";
import { databaseNow, type Core } from "#store/core.ts";
import type { Database } from "#store/dialect.ts";
import { countOf, countPending, inProjects, readStanding, type Standing } from "./tally.ts";

type Request = Parameters<ClaimStore["needsPerson"]>[0];
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

/** What waits for a person: counts from the tally, the oldest from an index, one look per project. */
export async function needsPerson(core: Core, db: Database, request: Request): Promise<PersonSummary> {
  const { projectIds } = request;
  const standing = await readStanding(core, db, projectIds);
  const look = countOf(standing, ({ phase }) => phase === "human" || phase === "evidence");
  const stuck = countOf(standing, ({ state, isLeftToPerson }) => state === "blocked" && isLeftToPerson);
  const looked = [inPhase("human"), inPhase("evidence")];
  return {
    lanes: await ofLanes(core, db, projectIds, standing),
    gate: await ofGate(core, db, projectIds),
    review: {
      count: look,
      oldestAt: (await oldest(core, db, projectIds, look === 0 ? [] : looked))?.at ?? null,
    },
    landing: await ofLanding(core, db, request, standing),
    blocked: withOldest(stuck, await oldest(core, db, projectIds, stuck === 0 ? [] : [STUCK])),
    untouched: await ofUntouched(core, db, request),
  };
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

/** One number of each project, and of them all the smallest or the sum. */
async function perProject(
  core: Core,
  db: Database,
  projectIds: Projects,
  fold: "min" | "sum",
  of: ReturnType<typeof sql>,
): Promise<number | null> {
  const { rows } = await sql<{ n: number | null }>`select ${sql.raw(fold)}((${of})) as n
    from ${core.dialect.table("project")} p where ${inProjects("p.id", projectIds)}`.execute(db);
  const n = rows[0]?.n ?? null;
  return n === null ? null : Number(n);
}

async function ofLanes(
  core: Core,
  db: Database,
  projectIds: Projects,
  standing: readonly Standing[],
): Promise<PersonSummary["lanes"]> {
  const waiting = standing.filter(({ state, role, q }) => state === "open" && role !== "agent" && q === 0);
  const now = await databaseNow(db, core.dialect);
  const item = core.dialect.table("item");
  const entries: [string, PersonSummary["lanes"][string]][] = [];
  for (const lane of new Set(waiting.map((row) => row.lane))) {
    const here = sql`i.lane = ${lane} and i.project_id = p.id and i.state = 'open' and i.q is null`;
    const created = sql`select min(i.created_at) from ${item} i where ${here}`;
    const late = sql`select count(*) from ${item} i where ${here} and i.answer_by is not null and i.answer_by <= ${now}`;
    entries.push([
      lane,
      {
        count: countOf(waiting, (row) => row.lane === lane),
        oldestAt: await perProject(core, db, projectIds, "min", created),
        overdue: (await perProject(core, db, projectIds, "sum", late)) ?? 0,
      },
    ]);
  }
  return Object.fromEntries(entries);
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
  { projectIds, unseenBefore }: Request,
  standing: readonly Standing[],
): Promise<PersonSummary["landing"]> {
  const left = countOf(standing, ({ state, isLeftToPerson }) => state === "review" && isLeftToPerson);
  const unseen = countOf(standing, ({ phase, q }) => phase === "await_git" && q === 0);
  const young = sql`select count(*) from ${core.dialect.table("item")} i where ${sql.raw(UNSEEN)} and i.project_id = p.id and i.updated_at >= ${unseenBefore}`;
  const recent = unseen === 0 ? 0 : ((await perProject(core, db, projectIds, "sum", young)) ?? 0);
  const waits = [...(left > 0 ? [LEFT] : []), ...(unseen > recent ? [UNSEEN] : [])];
  return withOldest(left + unseen - recent, await oldest(core, db, projectIds, waits));
}

async function ofUntouched(
  core: Core,
  db: Database,
  { projectIds, untouchedBefore }: Request,
): Promise<Waiting> {
  const day = Math.floor(untouchedBefore / HOUR_MS / DAY_HOURS) * DAY_HOURS;
  const { rows } = await sql<{
    n: number | null;
    first: number | null;
  }>`select sum(d.n) as n, min(d.hour) as first
    from (select hour, sum(n) as n from ${core.dialect.table("tallied")}
      where what = 'untouched' and hour < ${day} and ${inProjects("project_id", projectIds)} group by hour having sum(n) <> 0) d`.execute(
    db,
  );
  const [{ n, first } = { n: null, first: null }] = rows;
  return { count: Number(n ?? 0), oldestAt: first === null ? null : first * HOUR_MS };
}
