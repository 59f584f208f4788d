import {
  DAY_BUDGET_KEYS,
  type DayBudgetKey,
  type Settings,
  WORKSPACE_AUTHORITIES,
} from "#operations/ports/store/project-store.ts";
import type { SettingTable } from "./schema.ts";

/** Prefix of a workspace that nobody set one for. */
export const DEFAULT_PREFIX = "OB";

/** Key of the setting that tells how far a copy is; belongs to its own side. */
export const COPY_SETTING = "copy";

/** The day's budgets, of which 0 is none. */
function numbersIn(values: ReadonlyMap<string, string>): Partial<Pick<Settings, DayBudgetKey>> {
  const kept = DAY_BUDGET_KEYS.filter((key) => (values.get(key) ?? "0") !== "0");
  return Object.fromEntries(kept.map((key) => [key, values.get(key)]));
}

/** Key of the setting that holds what is kept of the proof; in no list of settings. */
export const PROOF_SETTING = "proof";

/** What the rows say. An `authority` that only a newer program knows is at least strict. */
export function toSettings(rows: readonly SettingTable[]): Settings {
  const values = new Map(rows.map((row) => [row.key, row.value]));
  const actor = values.get("actor");
  const fast_forward = values.get("fast_forward");
  return {
    prefix: values.get("prefix") ?? DEFAULT_PREFIX,
    authority: WORKSPACE_AUTHORITIES.find((one) => one === (values.get("authority") ?? "open")) ?? "strict",
    isAuthoritySet: values.has("authority"),
    ...(actor === undefined ? {} : { actor }),
    ...(fast_forward === undefined ? {} : { fast_forward }),
    ...numbersIn(values),
  };
}
