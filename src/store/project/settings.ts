import { formatActor, parseActor } from "#domain/actor.ts";
import { requireHuman } from "#domain/caller.ts";
import { invalidField, SluiceError } from "#domain/errors.ts";
import { checkLanes, type Lane } from "#domain/lane.ts";
import { parsePrefix } from "#domain/ref.ts";
import { MAX_BUDGET } from "#domain/schedule/budget.ts";
import {
  DAY_BUDGET_KEYS,
  SETTING_KEYS,
  type ProjectStore,
  type Settings,
  WORKSPACE_AUTHORITIES,
} from "#operations/ports/store/project-store.ts";
import { type Core, memoizeRead, type Unit } from "#store/core.ts";
import type { Database, SqlNames, Tx } from "#store/dialect.ts";
import { recordWorkspaceEvent } from "#store/history/events.ts";
import { prefixOf } from "#store/item/refs.ts";
import { lockBudgets, settleBudgets } from "#store/queue/spending.ts";
import type { SettingTable } from "#store/schema.ts";
import { lanesText, readLanes } from "#store/lane-rows.ts";
import { PROOF_SETTING, toSettings } from "#store/setting-rows.ts";

type Of<K extends keyof ProjectStore> = Parameters<ProjectStore[K]>[0];
type SettingMembers = Pick<
  ProjectStore,
  "lanes" | "setLanes" | "settings" | "proof" | "prefixes" | "setSetting"
>;

/** What a workspace is set to: its lanes, its prefix, who may do what, and the day's bounds. */
export function settingMembers(core: Core): SettingMembers {
  const settings = memoizeRead(core, (db, _asked: undefined) => readSettings(core, db));
  return {
    lanes: () => core.read((db) => lanesOf(core, db)),
    setLanes: ({ by, change }) =>
      core.write(by, "lane.edit", async (unit) => {
        await setLanes(unit, change);
        return lanesOf(core, unit.tx);
      }),
    settings: () => settings(undefined),
    proof: () => core.read((db) => readProof(core, db)),
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

const lanesSql = (names: SqlNames): string => `select ${lanesText(names)} as lanes`;

async function lanesOf({ dialect }: Core, db: Database | Tx): Promise<readonly Lane[]> {
  const [row] = await dialect.rows<{ lanes: string | null }>(db, lanesSql, []);
  return readLanes(row?.lanes ?? null);
}

/** Replaces the lane set; a lane with items in it cannot go, and keeps its role. */
async function setLanes(unit: Unit, change: Of<"setLanes">["change"]): Promise<void> {
  requireHuman(unit.by, "change the lanes");
  await unit.core.dialect.lock(unit.tx, "workspace");
  const before = await lanesOf(unit.core, unit.tx);
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

export async function readSettings({ dialect }: Core, db: Database | Tx): Promise<Settings> {
  return toSettings(await dialect.rows<SettingTable>(db, settingsSql, []));
}

/** What is kept of the proof; undefined where none is asked for. */
export async function readProof({ dialect }: Core, db: Database | Tx): Promise<string | undefined> {
  const rows = await dialect.rows<SettingTable>(db, settingsSql, []);
  return rows.find(({ key }) => key === PROOF_SETTING)?.value;
}

async function setSetting(unit: Unit, { key, value, proof }: Of<"setSetting">): Promise<Settings> {
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
  await writeSetting(unit, key, checked);
  if (key === "authority") await setProof(unit, checked, proof);
  await recordWorkspaceEvent(unit, { [key]: [before[key] ?? null, checked] });
  if (bounds) await settleBudgets(unit);
  return readSettings(unit.core, unit.tx);
}

async function writeSetting({ tx }: Unit, key: string, value: string): Promise<void> {
  await tx
    .insertInto("setting")
    .values({ key, value })
    .onConflict((c) => c.column("key").doUpdateSet({ value }))
    .execute();
}

/** The proof comes and goes with the setting that asks for it, so that no workspace asks for one that nobody can give. */
async function setProof(unit: Unit, authority: string, proof: string | undefined): Promise<void> {
  if ((authority === "confirmed") !== (proof !== undefined))
    throw invalidField("authority", authority, "confirmed with a proof, anything else without");
  if (proof !== undefined) return await writeSetting(unit, PROOF_SETTING, proof);
  await unit.tx.deleteFrom("setting").where("key", "=", PROOF_SETTING).execute();
}

function checkSetting(key: string, value: string): string {
  switch (key) {
    case "prefix":
      return parsePrefix(value);
    case "actor":
      return formatActor(parseActor(value));
    case "authority":
      if (WORKSPACE_AUTHORITIES.some((one) => one === value)) return value;
      throw invalidField("authority", value, WORKSPACE_AUTHORITIES.join(", "));
    case "fast_forward":
      if (value === "yes" || value === "no") return value;
      throw invalidField("fast_forward", value, "yes or no");
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
  throw invalidField(key, value, "a number from 0, which removes the limit, to 1,000,000,000,000");
}

/** All settings, key and value. */
const settingsSql = ({ t }: SqlNames): string => `select key, value from ${t("setting")}`;
