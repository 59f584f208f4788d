import type { Generated, Selectable } from "kysely";
import { formatActor, parseActor, type ActorName } from "#domain/actor.ts";
import { AT_FIRST, type Item } from "#domain/item/item.ts";
import type { Followed } from "#domain/item/replay.ts";
import { PHASES, type ItemState, type Phase } from "#domain/item/lifecycle.ts";
import type { KindClass, Priority } from "#domain/kind.ts";
import { type Budget, readBudget } from "#domain/schedule/budget.ts";

export { NO_LEASE, NOT_ASKED } from "#domain/item/item.ts";

/** The table as both databases have it. */
export interface ItemTable {
  id: Generated<number>;
  uid: string;
  project_id: number;
  title: string;
  state: ItemState;
  phase: Phase | null;
  phases_left: Generated<string>;
  lane: string;
  resume_lane: string | null;
  answer_by: number | null;
  takes_default: Generated<number>;
  /** Who stands for the item's being in an agents' lane; null elsewhere. */
  grant_by: string | null;
  kind: string;
  class: KindClass;
  type: string;
  priority: Priority | null;
  labels: Generated<string>;
  needs: Generated<string>;
  /** Whether `item_path` has rows of it. */
  has_paths: Generated<number>;
  band: Generated<number>;
  ready_at: number;
  deadline: number;
  tried: Generated<number>;
  attempts: Generated<number>;
  losses: Generated<number>;
  not_before: number | null;
  waits_for_trigger: Generated<number>;
  fired_at: number | null;
  open_blockers: Generated<number>;
  open_children: Generated<number>;
  budget: string | null;
  over_budget: Generated<number>;
  held_by: number | null;
  parent_id: number | null;
  lease_id: string | null;
  holder: string | null;
  lease_run_id: number | null;
  lease_acquired_at: number | null;
  lease_expires_at: number | null;
  lease_ttl_ms: number | null;
  fence: Generated<number>;
  /** Its place in the queue, which follows from the others. */
  q: number | null;
  wake_at: number | null;
  version: Generated<number>;
  event_n: Generated<number>;
  created_by: string;
  created_at: number;
  updated_at: number;
  closed_at: number | null;
}

/** Columns that follow from others, or are kept outside the domain's item. */
type Outside = "q" | "wake_at" | "grant_by" | "has_paths";
type ItemColumns = Omit<Selectable<ItemTable>, Outside | "id">;
type ColumnName = keyof ItemColumns;

/** How a value is kept in a column. */
interface Codec<S, T> {
  readonly read: (stored: S) => T;
  readonly write: (value: T) => S;
}

interface Column<N, S, T> extends Codec<S, T> {
  readonly name: N;
  /**
   * What an item's history says of it. `followed`: an entry tells each change, and `doctor` replays them. `told`: entries tell of it, but
   * it also changes without one. `silent`: nothing, since it follows from the others or tells a person nothing.
   */
  readonly history: InHistory;
}
type InHistory = "followed" | "told" | "silent";

export const actorName = (text: string): ActorName => formatActor(parseActor(text));

const FLAG: Codec<number, boolean> = { read: (stored) => stored === 1, write: (value) => (value ? 1 : 0) };
const BAND: Codec<number, 0 | 1> = { read: (stored) => (stored === 0 ? 0 : 1), write: (value) => value };
const ACTOR: Codec<string, ActorName> = { read: actorName, write: (value) => value };
const BUDGET: Codec<string, Budget> = { read: readBudget, write: (value) => JSON.stringify(value) };
const LABELS = listOf((value): value is string => typeof value === "string");
const PHASE_LIST = listOf((value): value is Phase => PHASES.some((phase) => phase === value));

/** A list kept as JSON. The program that writes it keeps to its type, so that anything else is a bug. */
function listOf<T>(isMember: (value: unknown) => value is T): Codec<string, readonly T[]> {
  return {
    read: (stored) => {
      if (stored === "[]") return [];
      const list: unknown = JSON.parse(stored);
      if (Array.isArray(list) && list.every(isMember)) return list;
      throw new TypeError("A list in an item's row has a member of another type");
    },
    write: (value) => JSON.stringify(value),
  };
}

const orNull = <S, T>({ read, write }: Codec<S, T>): Codec<S | null, T | null> => ({
  read: (stored) => (stored === null ? null : read(stored)),
  write: (value) => (value === null ? null : write(value)),
});

/** A field whose column has the same value. */
function same<N extends ColumnName>(name: N): Column<N, ItemColumns[N], ItemColumns[N]> {
  return { name, read: (stored) => stored, write: (value) => value, history: "followed" };
}

function kept<N extends ColumnName, T>(
  name: N,
  codec: Codec<ItemColumns[N], T>,
): Column<N, ItemColumns[N], T> {
  return { name, ...codec, history: "followed" };
}

const told = <C extends object>(column: C) => ({ ...column, history: "told" as const });
const silent = <C extends object>(column: C) => ({ ...column, history: "silent" as const });

type Kept = Omit<Item, "id">;
interface FieldColumn<R, W> {
  readonly name: ColumnName;
  readonly read: (stored: never) => R;
  readonly write: (value: W) => string | number | null;
  readonly history: InHistory;
}

/** Every field of an item with its column: reading, writing, the history, undoing and its replay follow from this table. */
export const ITEM_COLUMNS = {
  uid: same("uid"),
  projectId: same("project_id"),
  title: same("title"),
  state: same("state"),
  phase: same("phase"),
  phasesLeft: told(kept("phases_left", PHASE_LIST)),
  lane: same("lane"),
  resumeLane: told(same("resume_lane")),
  answerBy: told(same("answer_by")),
  takesDefault: silent(kept("takes_default", FLAG)),
  kind: same("kind"),
  class: same("class"),
  type: same("type"),
  priority: same("priority"),
  labels: kept("labels", LABELS),
  needs: same("needs"),
  band: told(kept("band", BAND)),
  readyAt: told(same("ready_at")),
  deadline: silent(same("deadline")),
  tried: told(same("tried")),
  attempts: same("attempts"),
  losses: same("losses"),
  notBefore: told(same("not_before")),
  waitsForTrigger: told(kept("waits_for_trigger", FLAG)),
  firedAt: told(same("fired_at")),
  openBlockers: told(same("open_blockers")),
  openChildren: told(same("open_children")),
  budget: kept("budget", orNull(BUDGET)),
  overBudget: silent(kept("over_budget", FLAG)),
  heldBy: told(same("held_by")),
  parentId: same("parent_id"),
  leaseId: silent(same("lease_id")),
  holder: kept("holder", orNull(ACTOR)),
  leaseRunId: same("lease_run_id"),
  leaseAcquiredAt: silent(same("lease_acquired_at")),
  leaseExpiresAt: silent(same("lease_expires_at")),
  leaseTtlMs: silent(same("lease_ttl_ms")),
  fence: same("fence"),
  version: told(same("version")),
  eventN: silent(same("event_n")),
  createdBy: kept("created_by", ACTOR),
  createdAt: same("created_at"),
  updatedAt: silent(same("updated_at")),
  closedAt: same("closed_at"),
} satisfies { readonly [F in keyof Kept]: FieldColumn<Kept[F], Kept[F]> };

/** Does not compile as `ItemColumns` where a column has no field. */
type Written = {
  -readonly [F in keyof Kept as (typeof ITEM_COLUMNS)[F]["name"]]: ReturnType<
    (typeof ITEM_COLUMNS)[F]["write"]
  >;
};

const COLUMNS: readonly (readonly [field: string, column: FieldColumn<unknown, never>])[] =
  Object.entries(ITEM_COLUMNS);

/** Filling an object of the final shape is faster than growing one, and this is done for every row. */
const BLANK: Readonly<Record<string, unknown>> = Object.fromEntries(COLUMNS.map(([field]) => [field, null]));

export function readItem(row: Selectable<ItemTable>): Item {
  const item: Record<string, unknown> = { ...BLANK, id: row.id };
  for (const [field, { name, read }] of COLUMNS) item[field] = read(row[name] as never);
  if (isWhole(item)) return item;
  throw new TypeError("A row of an item has no number");
}

/** The table has each field of an item, and reads it from the column that `Column` ties to it. */
const isWhole = (item: Record<string, unknown>): item is Item & Record<string, unknown> =>
  typeof item["id"] === "number";

/** The value of a field that its column keeps so. */
export function readField(field: keyof Kept, stored: unknown): unknown {
  const { read }: FieldColumn<unknown, never> = ITEM_COLUMNS[field];
  return read(stored as never);
}

export function itemColumns(item: Item): ItemColumns {
  const row: Record<string, unknown> = {};
  for (const [field, { name, write }] of COLUMNS) row[name] = write(Reflect.get(item, field) as never);
  return row as Written;
}

/** Column → [old, new], as they are kept. */
export type Differences = Readonly<Record<string, readonly [unknown, unknown]>>;

/** Every column in which an item's row changes. */
export function itemDifferences(before: Item, after: Item): Differences {
  const changed: Record<string, readonly [unknown, unknown]> = {};
  for (const [field, { name, write }] of COLUMNS) {
    const now: unknown = Reflect.get(after, field);
    const old: unknown = Reflect.get(before, field);
    if (now === old) continue;
    const pair = [write(old as never), write(now as never)] as const;
    if (pair[0] !== pair[1]) changed[name] = pair;
  }
  return changed;
}

const isIn = (wanted: InHistory) =>
  new Set<string>(COLUMNS.flatMap(([, { name, history }]) => (history === wanted ? [name] : [])));
const SILENT = isIn("silent");
/** Columns of which the history tells every change, and what they are when an item is made. */
export const FOLLOWED: Followed = {
  columns: [...isIn("followed")],
  atFirst: Object.fromEntries(
    COLUMNS.flatMap(([field, { name, write, history }]) =>
      history === "followed" && field in AT_FIRST
        ? [[name, write(Reflect.get(AT_FIRST, field) as never)]]
        : [],
    ),
  ),
};

/** What an event tells of a change: every column that differs and says something to a person. */
export function toldOf(changed: Differences): Readonly<Record<string, unknown>> {
  return Object.fromEntries(Object.entries(changed).filter(([column]) => !SILENT.has(column)));
}
