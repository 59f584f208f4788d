import { sql, type RawBuilder } from "kysely";
import type { Lane } from "#domain/lane.ts";
import type { Core } from "#store/core.ts";
import type { Database, Tx } from "#store/dialect.ts";
import { IN_TOTAL, TOTAL_KEY } from "#store/tally-rows.sql.ts";

/**
 * What stands where, and what came and went, as migration 2 counts it: every write of an item appends how it changed the counts, and a
 * reader sums the merged rows and those that came since. No reader looks at the items themselves.
 */
export interface Standing {
  readonly lane: string;
  readonly role: Lane["role"];
  readonly state: "open" | "blocked" | "review";
  /** Empty but in review. */
  readonly phase: string;
  /** Place in the queue; 0 for none. */
  readonly q: number;
  /** Nothing but a person lets it go on. */
  readonly isLeftToPerson: boolean;
  /** Of a project that is archived. */
  readonly isArchived: boolean;
  readonly n: number;
}

/** A condition on a column that holds a project's id. */
export const inProjects = (column: string, projectIds: readonly number[] | undefined): RawBuilder<boolean> =>
  projectIds === undefined
    ? sql<boolean>`1 = 1`
    : projectIds.length === 0
      ? sql<boolean>`1 = 0`
      : sql<boolean>`${sql.ref(column)} in (${sql.join([...projectIds])})`;

/** Counts of these projects, or of all together: the `from` of a statement and the start of its `where`. */
export const countsIn = ({ dialect: { table } }: Core, projectIds: readonly number[] | undefined) =>
  projectIds === undefined
    ? sql`from ${table("tallied_total")} s where 1 = 1`
    : sql`from ${table("tallied")} s where ${inProjects("s.project_id", projectIds)}`;

/** Where the items that are not closed stand. */
export async function readStanding(
  core: Core,
  db: Database | Tx,
  projectIds: readonly number[] | undefined,
): Promise<readonly Standing[]> {
  const { table } = core.dialect;
  const { rows } = await sql<{
    lane: string;
    role: Lane["role"];
    state: Standing["state"];
    phase: string;
    q: number;
    person: number;
    archived: number;
    n: number;
  }>`select t.lane, l.role, t.state, t.phase, t.q, t.person, t.archived, sum(t.n) as n
    from (select s.lane, s.state, s.phase, s.q, s.person, 0 as archived, s.n ${countsIn(core, projectIds)} and s.what = 'standing' and s.hour = 0
      union all select s.lane, s.state, s.phase, s.q, s.person, a.archived, s.n * a.times
      from ${table("tallied")} s cross join (select 0 as archived, -1 as times union all select 1, 1) a
      where s.what = 'standing' and s.hour = 0 and ${inProjects("s.project_id", projectIds)}
        and s.project_id in (select id from ${table("project")} where archived_at is not null)) t
    join ${table("lane")} l on l.name = t.lane
    group by t.lane, l.role, t.state, t.phase, t.q, t.person, t.archived having sum(t.n) <> 0`.execute(db);
  return rows.map(({ lane, role, state, phase, q, person, archived, n }) => ({
    lane,
    role,
    state,
    phase,
    q,
    isLeftToPerson: person === 1,
    isArchived: archived === 1,
    n: Number(n),
  }));
}

/** How many of the rows that fit. */
export const countOf = <R extends { readonly n: number }>(
  rows: readonly R[],
  fits: (row: R) => boolean,
): number => rows.reduce((sum, row) => (fits(row) ? sum + row.n : sum), 0);

/** Candidates at the gate. */
export async function countPending(
  core: Core,
  db: Database | Tx,
  projectIds: readonly number[] | undefined,
): Promise<number> {
  const { rows } = await sql<{
    n: number | null;
  }>`select sum(s.n) as n ${countsIn(core, projectIds)} and s.what = 'pending' and s.hour = 0`.execute(db);
  return Number(rows[0]?.n ?? 0);
}

const COLUMNS = "what hour project_id lane state phase q person class kind needs".split(" ");
const KEY = sql.raw(COLUMNS.join(", "));

/** Rows that the tally lacks, or has too many of: what items, runs and candidates say less what it says. */
export const tallyErrors = ({ dialect: { table } }: Core) =>
  sql`select ${KEY}, sum(n) as n from (select ${KEY}, n from ${table("recounted")}
    union all select ${KEY}, -n from ${table("tallied")} where what not in ('entered', 'left')) d group by ${KEY} having sum(n) <> 0`;

const TOTAL = sql.raw(TOTAL_KEY);

/** The same of the counts of all projects together, which are merged with those of each. */
export const totalErrors = ({ dialect: { table } }: Core) =>
  sql`select ${TOTAL}, sum(n) as n from (select ${TOTAL}, n from ${table("tally")} where ${sql.raw(IN_TOTAL)} union all select ${TOTAL}, -n from ${table("tally_total")}) d
    group by ${TOTAL} having sum(n) <> 0`;

/** Appends what the tally lacks. One statement, so that nothing that is written meanwhile is counted twice. */
export async function correctTally(core: Core, tx: Database | Tx): Promise<void> {
  const { table } = core.dialect;
  await sql`insert into ${table("tally_change")} (${KEY}, n) ${tallyErrors(core)}`.execute(tx);
  await sql`insert into ${table("tally_total")} as t (${TOTAL}, n) ${totalErrors(core)}
    on conflict (${TOTAL}) do update set n = t.n + excluded.n`.execute(tx);
}

/** Rows read and written at a time; PostgreSQL binds at most 65,535 values and SQLite 32,766. */
const BATCH = 1_000;

interface Side {
  readonly db: Database | Tx;
  readonly dialect: Core["dialect"];
}

/** Makes the tally of one workspace that of another, whatever the rows that were copied have added to it. */
export async function copyTally(from: Side, to: Side): Promise<void> {
  const change = to.dialect.table("tally_change");
  await sql`insert into ${change} (${KEY}, n) select ${KEY}, -sum(n) from ${to.dialect.table("tallied")} group by ${KEY} having sum(n) <> 0`.execute(
    to.db,
  );
  const { rows } = await sql<
    Record<string, string | number>
  >`select ${KEY}, sum(n) as n from ${from.dialect.table("tallied")}
    group by ${KEY} having sum(n) <> 0`.execute(from.db);
  for (let at = 0; at < rows.length; at += BATCH) {
    const values = rows
      .slice(at, at + BATCH)
      .map((row) => sql`(${sql.join([...COLUMNS.map((column) => row[column] ?? ""), Number(row["n"])])})`);
    await sql`insert into ${change} (${KEY}, n) values ${sql.join(values)}`.execute(to.db);
  }
}
