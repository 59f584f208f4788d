import { formatActor, parseActor } from "#domain/actor.ts";
import { requireHuman } from "#domain/caller.ts";
import { invalidField, SluiceError } from "#domain/errors.ts";
import { checkLanes, type Lane } from "#domain/lane.ts";
import { parsePrefix } from "#domain/ref.ts";
import { MAX_BUDGET } from "#domain/schedule/budget.ts";
import {
  DAY_BUDGET_KEYS,
  LANDINGS,
  SETTING_KEYS,
  type Project,
  type ProjectPolicy,
  type ProjectStore,
  type Settings,
} from "#operations/ports/store/project-store.ts";
import type { Core, Unit } from "#store/core.ts";
import type { Database, Tx, SqlNames } from "#store/dialect.ts";
import { recordEvent, recordWorkspaceEvent } from "#store/history/events.ts";
import { refuseStale, sameColumns } from "#store/item/if-version.ts";
import { ownerMembers } from "#store/item/owners.ts";
import { prefixOf } from "#store/item/refs.ts";
import { columnsOf } from "#store/row-fields.ts";
import { lockBudgets, settleBudgets } from "#store/queue/spending.ts";
import type { SettingTable } from "#store/schema.ts";
import { toSettings } from "#store/setting-rows.ts";
import { Policy, readProject } from "./project-row.ts";
import { repoMembers } from "./repos.ts";

type Of<K extends keyof ProjectStore> = Parameters<ProjectStore[K]>[0];

export function projectStore(core: Core): ProjectStore {
  const byId = memoizeRead(core, projectById);
  const list = memoizeRead(core, listProjects);
  const settings = memoizeRead(core, (db, _asked: undefined) => readSettings(core, db));
  return {
    add: (request) => core.write(request.by, "project.add", (unit) => addProject(unit, request)),
    edit: (request) => core.write(request.by, "project.edit", (unit) => editProject(unit, request)),
    get: ({ alias }) => core.read((db) => projectNamed(db, alias)),
    byId: ({ id }) => byId(id),
    list: ({ archived = false }) => list(archived),
    ...repoMembers(core),
    ...ownerMembers(core),
    lanes: () => core.read(readLanes),
    setLanes: ({ by, change }) =>
      core.write(by, "lane.edit", async (unit) => {
        await setLanes(unit, change);
        return readLanes(unit.tx);
      }),
    settings: () => settings(undefined),
    prefixes: () =>
      core.read(async (db) => {
        const former = await db
          .selectFrom("former_prefix")
          .select("prefix")
          .orderBy("since", "desc")
          .execute();
        return Array.from(new Set([await prefixOf(db), ...former.map((row) => row.prefix)]));
      }),
    setSetting: (request) => core.write(request.by, "config.set", (unit) => setSetting(unit, request)),
  };
}

async function listProjects(db: Database, archived: boolean): Promise<readonly Project[]> {
  const rows = await db
    .selectFrom("project")
    .selectAll()
    .$if(!archived, (q) => q.where("archived_at", "is", null))
    .orderBy("alias")
    .execute();
  return rows.map(readProject);
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

async function projectNamed(db: Database | Tx, alias: string): Promise<Project> {
  const row = await db.selectFrom("project").selectAll().where("alias", "=", alias).executeTakeFirst();
  if (row !== undefined) return readProject(row);
  const known = (await db.selectFrom("project").select("alias").orderBy("alias").limit(20).execute()).map(
    (project) => project.alias,
  );
  throw new SluiceError("not_found", `There is no project ${JSON.stringify(alias)}`, {
    hint:
      known.length === 0
        ? "Add one with: sluice project add NAME --alias ALIAS"
        : `Known are ${known.join(", ")}`,
    details: { field: "project", value: alias, known },
  });
}

async function projectById(db: Database | Tx, id: number): Promise<Project> {
  const row = await db.selectFrom("project").selectAll().where("id", "=", id).executeTakeFirst();
  if (row === undefined) throw new SluiceError("not_found", `There is no project ${id}`);
  return readProject(row);
}

async function readLanes(db: Database | Tx): Promise<readonly Lane[]> {
  const rows = await db.selectFrom("lane").selectAll().orderBy("rank").execute();
  return rows.map(({ name, rank, role }) => ({ name, order: rank, role }));
}

/** Replaces the lane set; a lane with items in it cannot go, and keeps its role. */
async function setLanes(unit: Unit, change: Of<"setLanes">["change"]): Promise<void> {
  requireHuman(unit.by, "change the lanes");
  await unit.core.dialect.lock(unit.tx, "workspace");
  const before = await readLanes(unit.tx);
  const lanes = change(before);
  checkLanes(lanes);
  const used = await unit.tx.selectFrom("item").select("lane").distinct().execute();
  const roles = new Map(before.map((lane) => [lane.name, lane.role]));
  const lost = used
    .filter(({ lane }) => lanes.find((l) => l.name === lane)?.role !== roles.get(lane))
    .map(({ lane }) => lane);
  if (lost.length > 0)
    throw new SluiceError(
      "conflict",
      `Items are in ${lost.join(", ")}: such a lane keeps its name and role`,
      { hint: "Move them first with: sluice item move", details: { lanes: lost } },
    );
  await unit.tx
    .deleteFrom("lane")
    .where(
      "name",
      "not in",
      lanes.map((lane) => lane.name),
    )
    .execute();
  for (const { name, order, role } of lanes)
    await unit.tx
      .insertInto("lane")
      .values({ name, rank: order, role })
      .onConflict((c) => c.column("name").doUpdateSet({ rank: order, role }))
      .execute();
  await recordWorkspaceEvent(unit, { lanes: lanes.map((lane) => `${lane.name}:${lane.role}`) });
}

async function readSettings({ dialect }: Core, db: Database | Tx): Promise<Settings> {
  return toSettings(await dialect.rows<SettingTable>(db, settingsSql, []));
}

async function setSetting(unit: Unit, { key, value }: Of<"setSetting">): Promise<Settings> {
  requireHuman(unit.by, "change a setting");
  const checked = checkSetting(key, value);
  const bounds = DAY_BUDGET_KEYS.some((name) => name === key);
  if (bounds) await lockBudgets(unit);
  const before = await readSettings(unit.core, unit.tx);
  const old = await prefixOf(unit.tx);
  if (key === "prefix" && checked !== old)
    await unit.tx
      .insertInto("former_prefix")
      .values({ prefix: old, since: unit.now })
      .onConflict((c) => c.doNothing())
      .execute();
  await unit.tx
    .insertInto("setting")
    .values({ key, value: checked })
    .onConflict((c) => c.column("key").doUpdateSet({ value: checked }))
    .execute();
  await recordWorkspaceEvent(unit, { [key]: [before[key] ?? null, checked] });
  if (bounds) await settleBudgets(unit);
  return readSettings(unit.core, unit.tx);
}

function checkSetting(key: string, value: string): string {
  switch (key) {
    case "prefix":
      return parsePrefix(value);
    case "actor":
      return formatActor(parseActor(value));
    case "authority":
      if (value === "open" || value === "strict") return value;
      throw invalidField("authority", value, "open or strict");
    case "day_tokens":
    case "day_usd":
    case "day_minutes":
      return dayLimit(key, value);
    default:
      throw invalidField("setting", key, `one of ${SETTING_KEYS.join(", ")}`);
  }
}

/** 0 takes the bound away. */
function dayLimit(key: string, value: string): string {
  const limit = value.trim() === "" ? Number.NaN : Number(value);
  if (Number.isFinite(limit) && limit >= 0 && limit <= MAX_BUDGET) return String(limit);
  throw invalidField(key, value, "a number from 0, which takes the bound away, to 1,000,000,000,000");
}

/** All settings, key and value. */
const settingsSql = ({ t }: SqlNames): string => `select key, value from ${t("setting")}`;

/**
 * Reads once and answers the same until anything in the database has changed, where the database can tell that for less than a read.
 * For what every call asks for and hardly any changes.
 */
function memoizeRead<A, T>(
  core: Core,
  read: (db: Database, asked: A) => Promise<T>,
): (asked: A) => Promise<T> {
  const known = new Map<A, T>();
  let knownAt: string | undefined;
  return (asked) =>
    core.read(async (db) => {
      const before = core.dialect.state();
      if (before === undefined) return await read(db, asked);
      if (before !== knownAt) known.clear();
      knownAt = before;
      const found = known.get(asked);
      if (found !== undefined) return found;
      const value = await read(db, asked);
      // What was read while something changed may be of before or of after.
      if (knownAt === before && core.dialect.state() === before) known.set(asked, value);
      return value;
    });
}
