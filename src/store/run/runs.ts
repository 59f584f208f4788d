import { sql } from "kysely";
import type { RunStore } from "#operations/ports/store/run-store.ts";
import { columnsOf, fields } from "#store/row-fields.ts";
import { type Core, type Unit, SELF } from "#store/core.ts";
import { cursorId, pageSize, toPage } from "#store/cursor.ts";
import { landingMembers, pullRequestMembers } from "#store/git/landings.ts";
import { actorName } from "#store/item/item-row.ts";
import { spend } from "#store/queue/spending.ts";
import { readRun, runRepos, toRun } from "./run-row.ts";

type Of<K extends keyof RunStore> = Parameters<RunStore[K]>[0];

export function runStore(core: Core): RunStore {
  return {
    get: ({ id }) => core.read((db) => readRun(core, db, id)),
    list: ({ itemId, projectIds, live, host, page }) =>
      core.read(async (db) => {
        const limit = pageSize(page);
        const before = cursorId(page.cursor);
        const rows = await db
          .selectFrom("run")
          .selectAll()
          .$if(itemId !== undefined, (q) => q.where("item_id", "=", itemId ?? 0))
          .$if(projectIds !== undefined, (q) =>
            q.where("item_id", "in", (eb) =>
              eb
                .selectFrom("item")
                .select("item.id")
                .where("item.project_id", "in", [...(projectIds ?? [])]),
            ),
          )
          .$if(live === true, (q) => q.where("ended_at", "is", null))
          .$if(host !== undefined, (q) => q.where("host", "=", host ?? ""))
          .$if(before !== undefined, (q) => q.where("id", "<", before ?? 0))
          .orderBy("id", "desc")
          .limit(limit + 1)
          .execute();
        const repos = await runRepos(
          db,
          rows.map((row) => row.id),
        );
        return toPage(
          rows,
          limit,
          (row) => toRun(row, repos),
          (row) => [row.id],
        );
      }),
    record: (request) => core.write(SELF, "run.record", (unit) => record(unit, request)),
    ...landingMembers(core),
    ...pullRequestMembers(core),
    ...workerMembers(core),
  };
}

async function record(unit: Unit, request: Of<"record">): Promise<void> {
  const {
    id,
    agent,
    token,
    sessionId,
    resumes,
    usage,
    costUsd,
    workedMs,
    logPath,
    logBytes,
    isolation,
    repo,
    check,
  } = request;
  const columns = columnsOf({ agent, token, sessionId, resumes, logPath, logBytes, isolation });
  if (Object.keys(columns).length > 0)
    await unit.tx.updateTable("run").set(columns).where("id", "=", id).execute();
  await spend(unit, id, { usage, costUsd, workedMs });
  if (check !== undefined) await recordCheck(unit, id, check);
  if (repo === undefined) return;
  const { repoId, target, worktree, branch, baseSha, headSha } = repo;
  const known = columnsOf({ worktree, branch, baseSha, headSha });
  await unit.tx
    .insertInto("run_repo")
    .values({
      run_id: id,
      repo_id: repoId,
      target,
      worktree: null,
      branch: null,
      base_sha: null,
      head_sha: null,
      ...known,
    })
    .onConflict((c) => c.columns(["run_id", "repo_id"]).doUpdateSet({ target, ...known }))
    .execute();
}

/** One that begins while another is on record as running: the worker of that one has died. */
async function recordCheck(unit: Unit, id: number, check: "begins" | "ended"): Promise<void> {
  const losses = sql<number>`check_losses + case when check_began_at is null then 0 else 1 end`;
  const set =
    check === "ended" ? { check_began_at: null } : { check_began_at: unit.now, check_losses: losses };
  await unit.tx.updateTable("run").set(set).where("id", "=", id).execute();
}

type WorkerMembers = Pick<RunStore, "breaker" | "setBreaker" | "beat" | "workers">;

/** Who works, and which runners are out of order. */
export function workerMembers(core: Core): WorkerMembers {
  return {
    breaker: ({ runner }) =>
      core.read(async (db) => {
        const row = await db
          .selectFrom("breaker")
          .select("state")
          .where("runner", "=", runner)
          .executeTakeFirst();
        return row === undefined ? undefined : readJson(row.state);
      }),
    setBreaker: ({ runner, state }) =>
      core.write(SELF, "breaker.set", async (unit) => {
        const text = JSON.stringify(state);
        await unit.tx
          .insertInto("breaker")
          .values({ runner, state: text, updated_at: unit.now })
          .onConflict((c) => c.column("runner").doUpdateSet({ state: text, updated_at: unit.now }))
          .execute();
      }),
    beat: (request) => core.write(SELF, "worker.beat", (unit) => beat(unit, request)),
    workers: () =>
      core.read(async (db) => {
        const rows = await db.selectFrom("worker").selectAll().orderBy("started_at").execute();
        return rows.map((row) => ({
          ...fields(row, "id host identity started_at seen_at stopped_at"),
          actor: actorName(row.actor),
        }));
      }),
  };
}

const readJson = (text: string): unknown => JSON.parse(text);

async function beat(unit: Unit, { id, host, identity, actor, stopped }: Of<"beat">): Promise<void> {
  const seen = { seen_at: unit.now, stopped_at: stopped === true ? unit.now : null };
  await unit.tx
    .insertInto("worker")
    .values({ id, host, identity, actor, started_at: unit.now, ...seen })
    .onConflict((c) => c.column("id").doUpdateSet(seen))
    .execute();
}
