/** Statements that are the same text on both databases, given the names of tables and how the clock is asked. */
export interface SqlNames {
  /** Full name of a table. */
  readonly t: (table: string) => string;
  /** Expression of the database's time. */
  readonly now: string;
  /** Placeholder of the n-th value, from 1. */
  readonly p: (n: number) => string;
  /** An aggregate: the texts of all rows, a line each. */
  readonly lines: (text: string) => string;
}

/**
 * Columns: now, due, queues. `queues` is a line per open queue: project, weight, whether its leases are bounded, needs; separated by
 * spaces, the needs last because they may be empty. One text costs a fraction of a hundred rows. Values: class, runner.
 */
export function queueHeadSql({ t, now, p, lines }: SqlNames): string {
  const queue =
    "z.project_id || ' ' || p.weight || case when p.max_leases is null then ' 0 ' else ' 1 ' end || z.needs";
  return `select ${now} as now, (select min(wake_at) from ${t("item")} where wake_at is not null) as due,
    (select ${lines(queue)} from ${t("queue")} z join ${t("project")} p on p.id = z.project_id and p.archived_at is null where z.class = ${p(1)} and (p.spent_until is null or p.spent_until <= ${now})
      and p.alias not in (select name from ${t("pause")} where scope = 'project')
      and not exists (select 1 from ${t("pause")} s where s.scope = 'workspace' or (s.scope = 'runner' and s.name = ${p(2)}))) as queues`;
}

/** The item of a live lease with its lane's role, its run's worker and its project's rules, each found by its key. Value: lease id. */
export function readLeasedSql({ t, now, p }: SqlNames): string {
  const project = (column: string) => `(select ${column} from ${t("project")} where id = i.project_id)`;
  return `select i.*, (select role from ${t("lane")} where name = i.lane) as lane_role, (select worker_id from ${t("run")} where id = i.lease_run_id) as run_worker_id,
      ${project("landing")} as project_landing, ${project("policy")} as project_policy, ${now} as now
    from ${t("item")} i where i.lease_id = ${p(1)} and i.lease_expires_at > ${now} and i.state = 'open'`;
}

/** `a = $k, b = $k+1 …` with its values, from placeholder `first` on. Column names are the program's own. */
export function assignments(
  columns: Readonly<Record<string, string | number | null>>,
  first: number,
  p: SqlNames["p"],
): { readonly text: string; readonly values: readonly (string | number | null)[] } {
  const entries = Object.entries(columns);
  return {
    text: entries.map(([column], at) => `${column} = ${p(first + at)}`).join(", "),
    values: entries.map(([, value]) => value),
  };
}
