import type { Selectable } from "kysely";
import { z } from "zod";
import { SluiceError } from "#domain/errors.ts";
import { OUTCOMES, type Outcome } from "#domain/run/outcome.ts";
import type { LandingIntent, Run, RunRepo, Usage } from "#operations/ports/store/run-store.ts";
import { fields } from "#store/row-fields.ts";
import type { Core } from "#store/core.ts";
import type { Database, SqlNames, Tx } from "#store/dialect.ts";
import { actorName } from "#store/item/item-row.ts";
import type { LandingTable, RunTable } from "#store/schema.ts";

const StoredUsage = z.lazy(() =>
  z.object({
    inputTokens: z.number(),
    outputTokens: z.number(),
    cacheReadTokens: z.number(),
    cacheWriteTokens: z.number(),
  }),
);

/** Refuses with `not_found`. */
export async function readRun({ dialect }: Core, db: Database | Tx, id: number): Promise<Run> {
  const [row] = await dialect.rows<RunWithParts>(db, runWithPartsSql, [id]);
  if (row === undefined)
    throw new SluiceError("not_found", `There is no run R-${id}`, {
      hint: "List them with: sluice run list",
      details: { ref: `R-${id}` },
    });
  return toRun(row, row.has_repos ? await runRepos(db, [id]) : []);
}

export async function runRepos(
  db: Database | Tx,
  runIds: readonly number[],
): Promise<readonly (RunRepo & { readonly runId: number })[]> {
  if (runIds.length === 0) return [];
  const rows = await db
    .selectFrom("run_repo")
    .innerJoin("repo", "repo.id", "run_repo.repo_id")
    .selectAll("run_repo")
    .select("repo.alias")
    .where("run_id", "in", [...runIds])
    .orderBy("repo_id")
    .execute();
  return rows.map((row) => ({
    ...fields(row, "run_id repo_id alias target worktree branch base_sha head_sha"),
  }));
}

export function toRun(
  row: Selectable<RunTable>,
  repos: readonly (RunRepo & { readonly runId: number })[],
): Run {
  return {
    ...fields(row, "id item_id lease_id runner host worker worker_id agent token session_id resumes"),
    ...fields(row, "plan_version started_at ended_at reason reported cost_usd worked_ms log_path"),
    ...fields(row, "log_bytes isolation check_began_at check_losses"),
    holder: actorName(row.holder),
    outcome: readOutcome(row.outcome),
    usage: row.usage === null ? null : readUsage(row.usage),
    repos: repos.filter((repo) => repo.runId === row.id),
  };
}

const readUsage = (text: string): Usage => StoredUsage.parse(JSON.parse(text));

function readOutcome(text: string | null): Outcome | null {
  const names = Object.keys(OUTCOMES);
  const isOutcome = (name: string): name is Outcome => names.includes(name);
  return text !== null && isOutcome(text) ? text : null;
}

export function readLanding(row: Selectable<LandingTable>): LandingIntent {
  return {
    ...fields(row, "id run_id item_id repo_id target tip patch_id state"),
    merge: row.merge_sha,
  };
}

/** A row of `runWithPartsSql`. */
interface RunWithParts extends Selectable<RunTable> {
  /** PostgreSQL answers a boolean, SQLite 0 or 1. */
  readonly has_repos: boolean | 0 | 1;
}

/** A run, and whether it has worktrees. Value: its id. */
export const runWithPartsSql = ({ t, p }: SqlNames): string =>
  `select r.*, exists (select 1 from ${t("run_repo")} x where x.run_id = r.id) as has_repos from ${t("run")} r where r.id = ${p(1)}`;
