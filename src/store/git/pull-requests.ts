import type { Selectable } from "kysely";
import { formatActor } from "#domain/actor.ts";
import type { PullRequest, RunStore } from "#operations/ports/store/run-store.ts";
import type { Core, Unit } from "#store/core.ts";
import type { PullRequestTable } from "./pull-request-schema.ts";

type Of<K extends keyof RunStore> = Parameters<RunStore[K]>[0];
type PullRequestMembers = Pick<RunStore, "openedPullRequest" | "lookedAtPullRequest" | "pullRequests">;

/** What forges were asked to merge, and what they said last. */
export function pullRequestMembers(core: Core): PullRequestMembers {
  return {
    openedPullRequest: (request) =>
      core.write(request.by, "pull_request.open", (unit) => opened(unit, request)),
    lookedAtPullRequest: ({ by, id, itemId, state, merge }) =>
      core.write(by, "pull_request.look", async (unit) => {
        await unit.tx
          .updateTable("pull_request")
          .set({
            state,
            looked_at: unit.now,
            ...(merge === undefined ? {} : { merge_sha: merge }),
            ...(state === "open" ? {} : { settled_at: unit.now }),
          })
          .where("id", "=", id)
          .where("item_id", "=", itemId)
          .execute();
      }),
    pullRequests: ({ itemId, runId, state }) =>
      core.read(async (db) => {
        const rows = await db
          .selectFrom("pull_request")
          .selectAll()
          .$if(itemId !== undefined, (q) => q.where("item_id", "=", itemId ?? 0))
          .$if(runId !== undefined, (q) => q.where("run_id", "=", runId ?? 0))
          .$if(state !== undefined, (q) => q.where("state", "=", state ?? "open"))
          .orderBy("id")
          .execute();
        return rows.map(toPullRequest);
      }),
  };
}

async function opened(
  unit: Unit,
  { runId, itemId, repoId, number, url, branch, target }: Of<"openedPullRequest">,
): Promise<PullRequest> {
  const facts = {
    run_id: runId,
    item_id: itemId,
    url,
    branch,
    target,
    state: "open" as const,
    merge_sha: null,
    actor: formatActor(unit.by.actor),
    opened_at: unit.now,
    looked_at: unit.now,
    settled_at: null,
  };
  const row = await unit.tx
    .insertInto("pull_request")
    .values({ repo_id: repoId, number, ...facts })
    .onConflict((conflict) => conflict.columns(["repo_id", "number"]).doUpdateSet(facts))
    .returningAll()
    .executeTakeFirstOrThrow();
  return toPullRequest(row);
}

const toPullRequest = (row: Selectable<PullRequestTable>): PullRequest => ({
  id: row.id,
  runId: row.run_id,
  itemId: row.item_id,
  repoId: row.repo_id,
  number: row.number,
  url: row.url,
  branch: row.branch,
  target: row.target,
  state: row.state,
  merge: row.merge_sha,
  lookedAt: row.looked_at,
});
