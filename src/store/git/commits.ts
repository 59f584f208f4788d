import type { Selectable } from "kysely";
import { z } from "zod";
import { invalidField } from "#domain/errors.ts";
import { GIT_SECOND_MS, isSha } from "#domain/git-ref/sha.ts";
import type { CommitStore, IndexedCommit } from "#operations/ports/store/commit-store.ts";
import type { Caller } from "#domain/caller.ts";
import { fields } from "#store/row-fields.ts";
import type { Core, Unit } from "#store/core.ts";
import type { Database, SqlNames } from "#store/dialect.ts";
import type { GitCommitTable } from "#store/schema.ts";

const SELF: Caller = {
  actor: { kind: "system", name: "git" },
  auth: "asserted",
  authority: "system",
  interface: "git",
  host: "",
};
/** Rows of one insert: SQLite binds at most 32,766 values. */
const BATCH = 500;
const FOUND = 20;
const Parents = z.array(z.string());

export function commitStore(core: Core): CommitStore {
  return {
    heads: ({ repoId }) => core.read((db) => core.dialect.rows(db, headsSql, [repoId])),
    record: (request) => core.write(SELF, "git.index", (unit) => record(unit, request)),
    find: ({ sha }) => core.read((db) => find(db, sha)),
    closing: ({ prefixes }) => core.read((db) => closing(db, prefixes)),
    reverts: ({ repoId }) => core.read((db) => reverts(db, repoId)),
    reverted: ({ prefixes }) => core.read((db) => reverted(db, prefixes)),
    givenFor: ({ sha }) => core.read((db) => givenFor(db, sha)),
    ofItem: ({ prefixes, number }) =>
      core.read(async (db) => {
        if (prefixes.length === 0) return [];
        const rows = await db
          .selectFrom("commit_ref")
          .innerJoin("git_commit", (join) =>
            join
              .onRef("git_commit.repo_id", "=", "commit_ref.repo_id")
              .onRef("git_commit.sha", "=", "commit_ref.sha"),
          )
          .selectAll("git_commit")
          .where("commit_ref.prefix", "in", [...prefixes])
          .where("commit_ref.number", "=", number)
          .orderBy("git_commit.committed_at")
          .execute();
        return rows.map(toCommit);
      }),
  };
}

/** Each repository of each scan is asked for them. Value: its id. */
const headsSql = ({ t, p }: SqlNames): string =>
  `select name, sha from ${t("branch_head")} where repo_id = ${p(1)} order by name`;

function toCommit(row: Selectable<GitCommitTable>): IndexedCommit {
  return {
    ...fields(row, "repo_id sha subject author_name author_email authored_at committed_at"),
    parents: Parents.parse(JSON.parse(row.parents)),
  };
}

async function record(
  unit: Unit,
  { repoId, commits, heads }: Parameters<CommitStore["record"]>[0],
): Promise<void> {
  for (let at = 0; at < commits.length; at += BATCH)
    await insertBatch(unit, repoId, commits.slice(at, at + BATCH));
  if (heads === undefined) return;
  await unit.tx.deleteFrom("branch_head").where("repo_id", "=", repoId).execute();
  for (let at = 0; at < heads.length; at += BATCH)
    await unit.tx
      .insertInto("branch_head")
      .values(
        heads
          .slice(at, at + BATCH)
          .map(({ name, sha }) => ({ repo_id: repoId, name, sha, seen_at: unit.now })),
      )
      .execute();
}

async function insertBatch(
  unit: Unit,
  repoId: number,
  commits: Parameters<CommitStore["record"]>[0]["commits"],
): Promise<void> {
  const rows = commits.map((commit) => ({
    repo_id: repoId,
    sha: commit.sha,
    parents: JSON.stringify(commit.parents),
    subject: commit.subject,
    author_name: commit.authorName,
    author_email: commit.authorEmail,
    authored_at: commit.authoredAt,
    committed_at: commit.committedAt,
    patch_id: null,
  }));
  await unit.tx
    .insertInto("git_commit")
    .values(rows)
    // A worker tells what it landed before a scan has read it.
    .onConflict((c) =>
      c.columns(["repo_id", "sha"]).doUpdateSet((eb) => ({
        author_name: eb.ref("excluded.author_name"),
        author_email: eb.ref("excluded.author_email"),
        authored_at: eb.ref("excluded.authored_at"),
        committed_at: eb.ref("excluded.committed_at"),
      })),
    )
    .execute();
  const refs = commits.flatMap((commit) =>
    commit.refs.map((ref) => ({
      repo_id: repoId,
      sha: commit.sha,
      prefix: ref.prefix,
      number: ref.number,
      sub: ref.sub,
      closes: ref.closes ? 1 : 0,
    })),
  );
  const reverts = commits.flatMap(({ sha, reverts }) =>
    reverts.map((one) => ({ repo_id: repoId, reverted: one, sha })),
  );
  if (reverts.length > 0)
    await unit.tx
      .insertInto("commit_revert")
      .values(reverts)
      .onConflict((c) => c.doNothing())
      .execute();
  if (refs.length > 0)
    await unit.tx
      .insertInto("commit_ref")
      .values(refs)
      .onConflict((c) => c.doNothing())
      .execute();
}

async function find(db: Database, sha: string): ReturnType<CommitStore["find"]> {
  if (!/^[0-9a-f]{7,64}$/.test(sha)) throw invalidField("sha", sha, "7 to 64 hexadecimal digits of a commit");
  const rows = await db
    .selectFrom("git_commit")
    .selectAll()
    .where("sha", ">=", sha)
    .where("sha", "<=", `${sha}g`)
    .limit(FOUND)
    .execute();
  const refs =
    rows.length === 0
      ? []
      : await db
          .selectFrom("commit_ref")
          .selectAll()
          .where(
            "sha",
            "in",
            rows.map((row) => row.sha),
          )
          .execute();
  return rows.map((row) => ({
    ...toCommit(row),
    refs: refs
      .filter((ref) => ref.sha === row.sha && ref.repo_id === row.repo_id)
      .map((ref) => ({
        prefix: ref.prefix,
        number: ref.number,
        sub: ref.sub,
        closes: ref.closes === 1,
      })),
  }));
}

/** Least and most digits of a commit's name. */
const [SHORTEST, LONGEST] = [7, 64];

async function givenFor(db: Database, sha: string): Promise<readonly number[]> {
  const starts = Array.from({ length: LONGEST + 1 - SHORTEST }, (_, at) => sha.slice(0, SHORTEST + at));
  const rows = await db
    .selectFrom("evidence")
    .select("item_id")
    .distinct()
    .where("kind", "=", "commit")
    .where("value", "in", [...new Set(starts)])
    .orderBy("item_id")
    .execute();
  return rows.map(({ item_id: id }) => id);
}

async function reverts(db: Database, repoId: number): ReturnType<CommitStore["reverts"]> {
  const rows = await db
    .selectFrom("commit_revert")
    .select(["sha", "reverted"])
    .where("repo_id", "=", repoId)
    .execute();
  return rows.flatMap(({ sha, reverted: back }) =>
    isSha(sha) && isSha(back) ? [{ sha, reverted: back }] : [],
  );
}

async function reverted(db: Database, prefixes: readonly string[]): ReturnType<CommitStore["reverted"]> {
  if (prefixes.length === 0) return [];
  const rows = await db
    .selectFrom("commit_revert")
    .innerJoin("commit_ref", (join) =>
      join
        .onRef("commit_ref.repo_id", "=", "commit_revert.repo_id")
        .onRef("commit_ref.sha", "=", "commit_revert.reverted"),
    )
    .innerJoin("item", "item.id", "commit_ref.number")
    .select("item.id")
    .distinct()
    .where("commit_ref.prefix", "in", [...prefixes])
    .where("item.state", "=", "done")
    .orderBy("item.id")
    .execute();
  return rows.map(({ id }) => ({ itemId: id }));
}

async function closing(db: Database, prefixes: readonly string[]): ReturnType<CommitStore["closing"]> {
  if (prefixes.length === 0) return [];
  const rows = await db
    .selectFrom("commit_ref")
    .innerJoin("item", "item.id", "commit_ref.number")
    .innerJoin("git_commit", (join) =>
      join
        .onRef("git_commit.repo_id", "=", "commit_ref.repo_id")
        .onRef("git_commit.sha", "=", "commit_ref.sha"),
    )
    .select(["commit_ref.sha", "git_commit.authored_at", "commit_ref.repo_id", "item.id", "item.project_id"])
    .where("commit_ref.prefix", "in", [...prefixes])
    .where("commit_ref.closes", "=", 1)
    .where("item.state", "=", "open")
    .where("item.lease_id", "is", null)
    .where((eb) => eb("git_commit.authored_at", ">", eb("item.ready_at", "-", GIT_SECOND_MS)))
    .orderBy("item.id")
    .execute();
  return rows.flatMap((row) =>
    isSha(row.sha)
      ? [
          {
            sha: row.sha,
            authoredAt: row.authored_at,
            item: { id: row.id, projectId: row.project_id, repoId: row.repo_id },
          },
        ]
      : [],
  );
}
