import type { Selectable } from "kysely";
import { formatActor } from "#domain/actor.ts";
import { SluiceError } from "#domain/errors.ts";
import type { LandingIntent, RunStore, PullRequest } from "#operations/ports/store/run-store.ts";
import { fields } from "#store/row-fields.ts";
import { type Core, type Unit, SELF } from "#store/core.ts";
import { readLanding } from "#store/run/run-row.ts";
import type { PullRequestTable } from "./pull-request-schema.ts";

type Of<K extends keyof RunStore> = Parameters<RunStore[K]>[0];
type LandingMembers = Pick<RunStore, "lockTarget" | "unlockTarget" | "intend" | "settleLanding" | "landings">;

/** Landing on a target: one at a time, fenced, with the intent on record before anything moves. */
export function landingMembers(core: Core): LandingMembers {
  return {
    lockTarget: (request) => core.write(request.by, "landing.lock", (unit) => lockTarget(unit, request)),
    unlockTarget: ({ repoId, target, leaseId }) =>
      core.write(SELF, "landing.unlock", async (unit) => {
        await unit.tx
          .updateTable("landing_lock")
          .set({ expires_at: 0 })
          .where("repo_id", "=", repoId)
          .where("target", "=", target)
          .where("lease_id", "=", leaseId)
          .execute();
      }),
    intend: (request) => core.write(request.by, "landing.intend", (unit) => intend(unit, request)),
    settleLanding: ({ by, id, state }) =>
      core.write(by, "landing.settle", async (unit) => {
        await unit.tx
          .updateTable("landing")
          .set({ state, settled_at: unit.now })
          .where("id", "=", id)
          .where("state", "=", "intended")
          .execute();
      }),
    landings: ({ itemId, runId, sha, state }) =>
      core.read(async (db) => {
        const rows = await db
          .selectFrom("landing")
          .selectAll()
          .$if(itemId !== undefined, (q) => q.where("item_id", "=", itemId ?? 0))
          .$if(runId !== undefined, (q) => q.where("run_id", "=", runId ?? 0))
          .$if(sha !== undefined, (q) => q.where("merge_sha", "=", sha ?? ""))
          .$if(state !== undefined, (q) => q.where("state", "=", state ?? "intended"))
          .orderBy("id")
          .execute();
        return rows.map(readLanding);
      }),
  };
}

async function lockTarget(
  unit: Unit,
  { repoId, target, ttlMs }: Of<"lockTarget">,
): Promise<{ leaseId: string; fence: number } | undefined> {
  await unit.core.dialect.lock(unit.tx, `land:${repoId}:${target}`);
  const held = await unit.tx
    .selectFrom("landing_lock")
    .selectAll()
    .where("repo_id", "=", repoId)
    .where("target", "=", target)
    .executeTakeFirst();
  if (held !== undefined && held.expires_at > unit.now) return undefined;
  const lock = {
    lease_id: unit.core.leaseId(),
    holder: formatActor(unit.by.actor),
    fence: (held?.fence ?? 0) + 1,
    expires_at: unit.now + ttlMs,
  };
  await unit.tx
    .insertInto("landing_lock")
    .values({ repo_id: repoId, target, ...lock })
    .onConflict((c) => c.columns(["repo_id", "target"]).doUpdateSet(lock))
    .execute();
  return { leaseId: lock.lease_id, fence: lock.fence };
}

async function intend(
  unit: Unit,
  { leaseId, runId, itemId, repoId, target, tip, merge, patchId }: Of<"intend">,
): Promise<LandingIntent> {
  await unit.core.dialect.lock(unit.tx, `land:${repoId}:${target}`);
  const lock = await unit.tx
    .selectFrom("landing_lock")
    .selectAll()
    .where("repo_id", "=", repoId)
    .where("target", "=", target)
    .where("lease_id", "=", leaseId)
    .executeTakeFirst();
  if (lock === undefined || lock.expires_at <= unit.now)
    throw new SluiceError("lease_lost", `The right to land on ${target} has ended`, {
      hint: "Nothing was moved; the worker tries again",
      details: { target },
    });
  const row = await unit.tx
    .insertInto("landing")
    .values({
      run_id: runId,
      item_id: itemId,
      repo_id: repoId,
      target,
      tip,
      merge_sha: merge,
      patch_id: patchId ?? null,
      state: "intended",
      actor: formatActor(unit.by.actor),
      at: unit.now,
      settled_at: null,
    })
    .returningAll()
    .executeTakeFirstOrThrow();
  return readLanding(row);
}

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
  ...fields(row, "id run_id item_id repo_id number url branch target state looked_at"),
  merge: row.merge_sha,
});
