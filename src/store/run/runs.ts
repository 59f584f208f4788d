import type { RunStore } from "#operations/ports/store/run-store.ts";
import type { Core, Unit } from "#store/core.ts";
import { cursorId, pageSize, toPage } from "#store/cursor.ts";
import { landingMembers } from "#store/git/landings.ts";
import { pullRequestMembers } from "#store/git/pull-requests.ts";
import { SELF } from "#store/self.ts";
import { spend } from "#store/queue/spending.ts";
import { workerMembers } from "./workers.ts";
import { readRun, runRepos, toRun } from "./run-row.ts";

type Of<K extends keyof RunStore> = Parameters<RunStore[K]>[0];

export function runStore(core: Core): RunStore {
  return {
    get: ({ id }) => core.read((db) => readRun(core, db, id)),
    list: ({ ids, itemId, projectIds, live, host, page }) =>
      core.read(async (db) => {
        const limit = pageSize(page);
        const before = cursorId(page.cursor);
        const rows = await db
          .selectFrom("run")
          .selectAll()
          .$if(ids !== undefined, (q) => q.where("id", "in", [...(ids ?? [])]))
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

async function record(
  unit: Unit,
  { id, agent, token, sessionId, resumes, usage, costUsd, workedMs, logPath, logBytes, repo }: Of<"record">,
): Promise<void> {
  const columns = {
    ...(agent === undefined ? {} : { agent }),
    ...(token === undefined ? {} : { token }),
    ...(sessionId === undefined ? {} : { session_id: sessionId }),
    ...(resumes === undefined ? {} : { resumes }),
    ...(logPath === undefined ? {} : { log_path: logPath }),
    ...(logBytes === undefined ? {} : { log_bytes: logBytes }),
  };
  if (Object.keys(columns).length > 0)
    await unit.tx.updateTable("run").set(columns).where("id", "=", id).execute();
  await spend(unit, id, { usage, costUsd, workedMs });
  if (repo === undefined) return;
  const { repoId, target, worktree, branch, baseSha, headSha } = repo;
  const known = {
    ...(worktree === undefined ? {} : { worktree }),
    ...(branch === undefined ? {} : { branch }),
    ...(baseSha === undefined ? {} : { base_sha: baseSha }),
    ...(headSha === undefined ? {} : { head_sha: headSha }),
  };
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
