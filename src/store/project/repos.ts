import { formatActor } from "#domain/actor.ts";
import { requireHuman } from "#domain/caller.ts";
import { SluiceError } from "#domain/errors.ts";
import type { ProjectStore, Repo } from "#operations/ports/store/project-store.ts";
import type { Core, Unit } from "#store/core.ts";
import type { Database, Tx } from "#store/dialect.ts";
import { refuseStale, sameColumns } from "#store/item/if-version.ts";
import { columnsOf } from "#store/row-fields.ts";
import { recordEvent } from "#store/history/events.ts";
import { fastForwardColumn, readRepo } from "./project-row.ts";

type Of<K extends keyof ProjectStore> = Parameters<ProjectStore[K]>[0];
type RepoMembers = Pick<ProjectStore, "addRepo" | "editRepo" | "repo" | "repoById" | "repos" | "repoAt">;

export function repoMembers(core: Core): RepoMembers {
  return {
    addRepo: (request) => core.write(request.by, "repo.add", (unit) => addRepo(unit, request)),
    editRepo: (request) => core.write(request.by, "repo.edit", (unit) => editRepo(unit, request)),
    repo: ({ alias, host }) =>
      core.read(async (db) => {
        const all = await readRepos(db, host);
        const found = all.find((repo) => repo.alias === alias);
        if (found !== undefined) return found;
        throw new SluiceError("not_found", `There is no repo ${JSON.stringify(alias)}`, {
          hint: `Registered repos: ${all.map((repo) => repo.alias).join(", ") || "none; add one with: sluice repo add PATH"}`,
          details: { field: "repo", value: alias },
        });
      }),
    repoById: ({ id, host }) => core.read((db) => repoById(db, id, host)),
    repos: ({ projectId, host }) =>
      core.read(async (db) =>
        (await readRepos(db, host)).filter((repo) => projectId === undefined || repo.projectId === projectId),
      ),
    repoAt: ({ host, commonDir }) =>
      core.read(async (db) => (await readRepos(db, host)).find((repo) => repo.commonDir === commonDir)),
  };
}

async function repoById(db: Database | Tx, id: number, host: string): Promise<Repo> {
  const found = (await readRepos(db, host, true)).find((repo) => repo.id === id);
  if (found === undefined) throw new SluiceError("not_found", `There is no repo ${id}`);
  return found;
}

async function readRepos(db: Database | Tx, host: string, removed = false): Promise<readonly Repo[]> {
  const rows = await db
    .selectFrom("repo")
    .innerJoin("project", "project.id", "repo.project_id")
    .selectAll("repo")
    .select("project.alias as project")
    .$if(!removed, (q) => q.where("repo.removed_at", "is", null))
    .orderBy("repo.alias")
    .execute();
  const checkouts = await db.selectFrom("checkout").selectAll().where("host", "=", host).execute();
  return rows.map((row) =>
    readRepo(
      row,
      checkouts.find((checkout) => checkout.repo_id === row.id),
    ),
  );
}

async function addRepo(unit: Unit, request: Of<"addRepo">): Promise<Repo> {
  requireHuman(unit.by, "add a repo");
  const { host } = unit.by;
  const here = (await readRepos(unit.tx, host)).find(
    (repo) => repo.commonDir === request.commonDir || repo.alias === request.alias,
  );
  if (here !== undefined)
    throw new SluiceError(
      "conflict",
      `${here.commonDir === request.commonDir ? "This repository" : "That alias"} is already registered as ${here.alias}`,
      { hint: "Change it with: sluice repo edit", details: { repo: here.alias } },
    );
  const row = await unit.tx
    .insertInto("repo")
    .values({
      uid: unit.core.uid(unit.now),
      project_id: request.projectId,
      alias: request.alias,
      remote: request.remote ?? null,
      root_commit: request.rootCommit ?? null,
      default_branch: request.defaultBranch ?? null,
      target: request.target ?? "local",
      setup_command: request.setup ?? null,
      copies: JSON.stringify(request.copies ?? []),
      caches: JSON.stringify(request.caches ?? []),
      test_paths: JSON.stringify(request.testPaths ?? []),
      protected_paths: JSON.stringify(request.protectedPaths ?? []),
      fast_forward: fastForwardColumn(request.fastForward),
      removed_at: null,
      created_by: formatActor(unit.by.actor),
      created_at: unit.now,
      event_n: 1,
    })
    .returning("id")
    .executeTakeFirstOrThrow();
  await unit.tx
    .insertInto("checkout")
    .values({ repo_id: row.id, host, path: request.path, common_dir: request.commonDir })
    .execute();
  await recordEvent(unit, {
    stream: "repo",
    streamId: row.id,
    n: 1,
    changes: { alias: request.alias, path: request.path, setup_command: request.setup ?? null },
  });
  return repoById(unit.tx, row.id, host);
}

function repoColumns(changes: Of<"editRepo">["changes"]) {
  const { alias, remote, defaultBranch, target, setup, fastForward } = changes;
  const { copies, caches, testPaths, protectedPaths } = changes;
  const list = (value: readonly string[] | undefined) => value && JSON.stringify(value);
  return {
    ...columnsOf({ alias, remote, defaultBranch, target, setupCommand: setup }),
    ...columnsOf({ copies: list(copies), caches: list(caches) }),
    ...columnsOf({ testPaths: list(testPaths), protectedPaths: list(protectedPaths) }),
    ...columnsOf({ fastForward: fastForward === undefined ? undefined : fastForwardColumn(fastForward) }),
  };
}

async function editRepo(unit: Unit, { id, ifVersion, changes }: Of<"editRepo">): Promise<Repo> {
  requireHuman(unit.by, "edit a repo");
  const old = await unit.tx
    .selectFrom("repo")
    .selectAll()
    .where("id", "=", id)
    .modifyEnd(unit.core.dialect.forUpdate)
    .executeTakeFirst();
  if (old === undefined) throw new SluiceError("not_found", `There is no repo ${id}`);
  const { removed } = changes;
  const removedAt = removed === undefined ? undefined : removed ? unit.now : null;
  const columns = { ...repoColumns(changes), ...columnsOf({ removedAt }) };
  const { version } = old;
  const fields = sameColumns(old, columns);
  await refuseStale(unit, { stream: "repo", id, name: `Repo ${old.alias}`, version, ifVersion, fields });
  const { event_n: n } = await unit.tx
    .updateTable("repo")
    .set((eb) => ({ ...columns, version: eb("version", "+", 1), event_n: eb("event_n", "+", 1) }))
    .where("id", "=", id)
    .returning("event_n")
    .executeTakeFirstOrThrow();
  const { path, commonDir } = changes;
  if (typeof path === "string" && typeof commonDir === "string")
    await unit.tx
      .insertInto("checkout")
      .values({ repo_id: id, host: unit.by.host, path, common_dir: commonDir })
      .onConflict((c) => c.columns(["repo_id", "host"]).doUpdateSet({ path, common_dir: commonDir }))
      .execute();
  await recordEvent(unit, {
    stream: "repo",
    streamId: id,
    n,
    changes: { ...columns, ...(path === undefined ? {} : { path }), version: [version, version + 1] },
  });
  return repoById(unit.tx, id, unit.by.host);
}
