import { type Selectable, sql } from "kysely";
import { formatActor } from "#domain/actor.ts";
import { requireHuman } from "#domain/caller.ts";
import { invalidField, SluiceError } from "#domain/errors.ts";
import {
  LANDINGS,
  type Project,
  type ProjectPolicy,
  type ProjectStore,
} from "#operations/ports/store/project-store.ts";
import { type Core, memoizeRead, type Unit } from "#store/core.ts";
import type { Database, SqlNames, StoreDialect, Tx } from "#store/dialect.ts";
import { recordEvent } from "#store/history/events.ts";
import { refuseStale, sameColumns } from "#store/item/if-version.ts";
import { lockBudgets, settleBudgets } from "#store/queue/spending.ts";
import { columnsOf } from "#store/row-fields.ts";
import type { ProjectTable } from "#store/schema.ts";
import { Policy, readProject } from "./project-row.ts";
import { repoMembers } from "./repos.ts";
import { settingMembers } from "./settings.ts";

type Of<K extends keyof ProjectStore> = Parameters<ProjectStore[K]>[0];

export function projectStore(core: Core): ProjectStore {
  const byId = memoizeRead(core, (db, id: number) => projectById(core.dialect, db, id));
  const list = memoizeRead(core, (db, archived: boolean) => listProjects(core.dialect, db, archived));
  return {
    add: (request) => core.write(request.by, "project.add", (unit) => addProject(unit, request)),
    edit: (request) => core.write(request.by, "project.edit", (unit) => editProject(unit, request)),
    get: ({ alias }) => core.read((db) => projectNamed(core.dialect, db, alias)),
    byId: ({ id }) => byId(id),
    list: ({ archived = false }) => list(archived),
    ...repoMembers(core),
    ...ownerMembers(core),
    ...settingMembers(core),
  };
}

const listSql =
  (condition: string) =>
  ({ t }: SqlNames): string =>
    `select * from ${t("project")} ${condition} order by alias`;
const allSql = listSql("");
const currentSql = listSql("where archived_at is null");

async function listProjects({ rows }: Rows, db: Database, archived: boolean): Promise<readonly Project[]> {
  return (await rows<Selectable<ProjectTable>>(db, archived ? allSql : currentSql, [])).map(readProject);
}

async function addProject(unit: Unit, request: Of<"add">): Promise<Project> {
  requireHuman(unit.by, "add a project");
  await lockBudgets(unit);
  const landing = landingRule(request.landing ?? "merge");
  const taken = await unit.tx
    .selectFrom("project")
    .select("id")
    .where("alias", "=", request.alias)
    .executeTakeFirst();
  if (taken !== undefined)
    throw new SluiceError("conflict", `There is already a project ${request.alias}`, {
      hint: "Choose another --alias",
      details: { field: "alias", value: request.alias },
    });
  const row = await unit.tx
    .insertInto("project")
    .values({
      uid: unit.core.uid(unit.now),
      alias: request.alias,
      name: request.name,
      weight: weight(request.weight ?? 1),
      max_leases: request.maxLeases ?? null,
      landing,
      check_command: request.check ?? null,
      policy: JSON.stringify(Policy.parse(request.policy ?? {})),
      archived_at: null,
      created_by: formatActor(unit.by.actor),
      created_at: unit.now,
      event_n: 1,
    })
    .returningAll()
    .executeTakeFirstOrThrow();
  await settleBudgets(unit, row.id);
  await recordEvent(unit, {
    stream: "project",
    streamId: row.id,
    n: 1,
    changes: { alias: row.alias, landing: row.landing, check_command: row.check_command, policy: row.policy },
  });
  return readProject(row);
}

function weight(value: number): number {
  if (Number.isFinite(value) && value > 0 && value <= 1_000_000) return value;
  throw invalidField("weight", value, "a number above 0, at most 1,000,000");
}

function landingRule(value: string): Project["landing"] {
  const found = LANDINGS.find((name) => name === value);
  if (found === undefined) throw invalidField("landing", value, LANDINGS.join(", "));
  return found;
}

async function editProject(unit: Unit, { id, ifVersion, changes }: Of<"edit">): Promise<Project> {
  requireHuman(unit.by, "edit a project");
  if (changes.policy !== undefined) await lockBudgets(unit);
  const old = await unit.tx
    .selectFrom("project")
    .selectAll()
    .where("id", "=", id)
    .modifyEnd(unit.core.dialect.forUpdate)
    .executeTakeFirst();
  if (old === undefined) throw new SluiceError("not_found", `There is no project ${id}`);
  const before = readProject(old);
  const { name, maxLeases, check, archived } = changes;
  const columns = columnsOf({
    name,
    maxLeases,
    checkCommand: check,
    weight: changes.weight === undefined ? undefined : weight(changes.weight),
    landing: changes.landing === undefined ? undefined : landingRule(changes.landing),
    policy: changes.policy && policyText(before.policy, changes.policy),
    archivedAt: archived === undefined ? undefined : archived ? unit.now : null,
  });
  const { version, alias } = before;
  await refuseStale(unit, {
    stream: "project",
    id,
    name: `Project ${alias}`,
    version,
    ifVersion,
    fields: sameColumns(old, columns),
  });
  const row = await unit.tx
    .updateTable("project")
    .set((eb) => ({ ...columns, version: eb("version", "+", 1), event_n: eb("event_n", "+", 1) }))
    .where("id", "=", id)
    .returningAll()
    .executeTakeFirstOrThrow();
  await recordEvent(unit, {
    stream: "project",
    streamId: id,
    n: row.event_n,
    changes: { ...columns, version: [version, row.version] },
  });
  if (changes.policy !== undefined) await settleBudgets(unit, id);
  return readProject(row);
}

/** Named settings change, the others stay. */
const policyText = (before: ProjectPolicy, changes: ProjectPolicy): string =>
  JSON.stringify(Policy.parse({ ...before, ...changes }));

const projectSql =
  (by: "id" | "alias") =>
  ({ t, p }: SqlNames): string =>
    `select * from ${t("project")} where ${by} = ${p(1)}`;
const byIdSql = projectSql("id");
const byAliasSql = projectSql("alias");

type Rows = Pick<StoreDialect, "rows">;

async function projectNamed({ rows }: Rows, db: Database | Tx, alias: string): Promise<Project> {
  const [row] = await rows<Selectable<ProjectTable>>(db, byAliasSql, [alias]);
  if (row !== undefined) return readProject(row);
  const known = (await db.selectFrom("project").select("alias").orderBy("alias").limit(20).execute()).map(
    (project) => project.alias,
  );
  throw new SluiceError("not_found", `There is no project ${JSON.stringify(alias)}`, {
    hint:
      known.length === 0
        ? "Add one with: sluice project add NAME --alias ALIAS"
        : `Projects: ${known.join(", ")}`,
    details: { field: "project", value: alias, known },
  });
}

async function projectById({ rows }: Rows, db: Database | Tx, id: number): Promise<Project> {
  const [row] = await rows<Selectable<ProjectTable>>(db, byIdSql, [id]);
  if (row === undefined) throw new SluiceError("not_found", `There is no project ${id}`);
  return readProject(row);
}

/** Which project a thing belongs to: what a scope is held against. */
function ownerMembers(core: Core): Pick<ProjectStore, "owners" | "leaseOwner"> {
  return {
    owners: (request) => core.read((db) => owners(db, request)),
    leaseOwner: ({ leaseId }) =>
      core.read(async (db) => {
        const { table } = core.dialect;
        const { rows } = await sql<{ project: number }>`select project_id as project from ${table("item")}
          where lease_id = ${leaseId} or id in (select item_id from ${table("run")} where lease_id = ${leaseId})`.execute(
          db,
        );
        return rows[0]?.project;
      }),
  };
}

async function owners(db: Database, { of, ids }: Of<"owners">): Promise<ReadonlyMap<number, number>> {
  if (ids.length === 0) return new Map();
  const rows =
    of === "run"
      ? await db
          .selectFrom("run")
          .innerJoin("item", "item.id", "run.item_id")
          .select(["run.id as id", "item.project_id"])
          .where("run.id", "in", [...ids])
          .execute()
      : await db
          .selectFrom(of)
          .select(["id", "project_id"])
          .where("id", "in", [...ids])
          .execute();
  return new Map(rows.map((row) => [row.id, row.project_id]));
}
