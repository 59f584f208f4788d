import { formatActor } from "#domain/actor.ts";
import { SluiceError } from "#domain/errors.ts";
import type { LandingIntent, RunStore } from "#operations/ports/store/run-store.ts";
import type { Caller } from "#domain/caller.ts";
import type { Core, Unit } from "./core.ts";
import { cursorId, pageSize, toPage } from "./cursor.ts";
import { actorName } from "./item-row.ts";
import { readLanding, readRun, runRepos, toRun } from "./run-row.ts";

type Of<K extends keyof RunStore> = Parameters<RunStore[K]>[0];

/** The product itself, for facts that no person or agent claims. */
const SELF: Caller = {
  actor: { kind: "system", name: "worker" },
  auth: "asserted",
  authority: "system",
  door: "worker",
  host: "",
};

export function runStore(core: Core): RunStore {
  return {
    get: ({ id }) => core.read((db) => readRun(db, id)),
    list: ({ itemId, live, host, page }) =>
      core.read(async (db) => {
        const limit = pageSize(page);
        const before = cursorId(page.cursor);
        const rows = await db
          .selectFrom("run")
          .selectAll()
          .$if(itemId !== undefined, (q) => q.where("item_id", "=", itemId ?? 0))
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
    breaker: ({ runner }) =>
      core.read(async (db) => {
        const row = await db
          .selectFrom("breaker")
          .select("state")
          .where("runner", "=", runner)
          .executeTakeFirst();
        return row === undefined ? undefined : (JSON.parse(row.state) satisfies unknown);
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
          id: row.id,
          host: row.host,
          identity: row.identity,
          actor: actorName(row.actor),
          startedAt: row.started_at,
          seenAt: row.seen_at,
          stoppedAt: row.stopped_at,
        }));
      }),
  };
}

async function record(
  unit: Unit,
  { id, agent, token, sessionId, usage, costUsd, logPath, logBytes, repo }: Of<"record">,
): Promise<void> {
  const columns = {
    ...(agent === undefined ? {} : { agent }),
    ...(token === undefined ? {} : { token }),
    ...(sessionId === undefined ? {} : { session_id: sessionId }),
    ...(usage === undefined ? {} : { usage: JSON.stringify(usage) }),
    ...(costUsd === undefined ? {} : { cost_usd: costUsd }),
    ...(logPath === undefined ? {} : { log_path: logPath }),
    ...(logBytes === undefined ? {} : { log_bytes: logBytes }),
  };
  if (Object.keys(columns).length > 0)
    await unit.tx.updateTable("run").set(columns).where("id", "=", id).execute();
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
      hint: "Nothing was moved; the next round takes it again",
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

async function beat(unit: Unit, { id, host, identity, actor, stopped }: Of<"beat">): Promise<void> {
  const seen = { seen_at: unit.now, stopped_at: stopped === true ? unit.now : null };
  await unit.tx
    .insertInto("worker")
    .values({ id, host, identity, actor, started_at: unit.now, ...seen })
    .onConflict((c) => c.column("id").doUpdateSet(seen))
    .execute();
}
