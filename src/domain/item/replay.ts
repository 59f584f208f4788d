import { isClosed, ITEM_STATES, TRANSITIONS, type ItemState } from "./lifecycle.ts";

/** One entry of an item's history, as it is kept. */
export interface ToldChange {
  readonly n: number;
  readonly operation: string;
  /** Column → [old, new], among facts of other forms; undefined where it was taken out of the history. */
  readonly changes: Readonly<Record<string, unknown>> | undefined;
}

type Known = Readonly<Record<string, unknown>>;

/** What a history can be held against. */
export interface Followed {
  /** Columns of which the history tells every change. */
  readonly columns: readonly string[];
  /** What some of them are when an item is made; the others are known from the entry that first tells of them. */
  readonly atFirst: Known;
}

type Replayed =
  | { readonly kind: "followed"; readonly last: Known }
  /** The first entry that cannot have happened. */
  | { readonly kind: "broken"; readonly n: number; readonly operation: string; readonly why: string };

/** Plays an item's history against the lifecycle: each entry must begin where the last ended, and lead where a rule leads. */
export function replayItem({ columns, atFirst }: Followed, entries: readonly ToldChange[]): Replayed {
  let known: Known = atFirst;
  for (const { n, operation, changes } of entries) {
    if (changes === undefined) {
      known = {};
      continue;
    }
    const why = wrongIn(columns, known, changes);
    if (why !== undefined) return { kind: "broken", n, operation, why };
    known = { ...known, ...outcome(columns, changes, n) };
  }
  return { kind: "followed", last: known };
}

/** Where a followed history does not end as the item is. */
export function differsFrom(last: Known, row: Known): string | undefined {
  const field = Object.keys(last).find((name) => last[name] !== row[name]);
  return field === undefined
    ? undefined
    : `${field} is ${shown(row[field])}, its history ends with ${shown(last[field])}`;
}

function pairOf(value: unknown): readonly [unknown, unknown] | undefined {
  return Array.isArray(value) && value.length === 2 ? [value[0], value[1]] : undefined;
}

/** The first entry names title and lane plainly. */
function outcome(columns: Followed["columns"], changes: Known, n: number): Known {
  return Object.fromEntries(
    columns.flatMap((field) => {
      if (!(field in changes)) return [];
      const pair = pairOf(changes[field]);
      if (pair !== undefined) return [[field, pair[1]]];
      return n === 1 ? [[field, changes[field]]] : [];
    }),
  );
}

function wrongIn(columns: Followed["columns"], known: Known, changes: Known): string | undefined {
  for (const field of columns) {
    const pair = pairOf(changes[field]);
    if (pair !== undefined && field in known && known[field] !== pair[0])
      return `says that ${field} was ${shown(pair[0])}, but it was ${shown(known[field])}`;
  }
  return wrongState(known, changes) ?? wrongFence(changes);
}

function wrongState(known: Known, changes: Known): string | undefined {
  const [from, to] = (pairOf(changes["state"]) ?? []).map(stateOf);
  if (!("state" in changes)) return undefined;
  if (from === undefined || to === undefined) return "names an unknown state";
  const leads: readonly string[] = Object.values(TRANSITIONS[from]);
  if (!leads.includes(to)) return `leads from ${from} to ${to}, which no rule does`;
  const closedAt = "closed_at" in changes ? pairOf(changes["closed_at"])?.[1] : known["closed_at"];
  if (closedAt === undefined || isClosed(to) === (closedAt !== null)) return undefined;
  return `leads to ${to}, but its closing time says otherwise`;
}

function wrongFence(changes: Known): string | undefined {
  const [before, after] = pairOf(changes["fence"]) ?? [];
  return typeof before === "number" && typeof after === "number" && after <= before
    ? `changes the fence from ${before} to ${after}, which may only grow`
    : undefined;
}

const stateOf = (value: unknown): ItemState | undefined => ITEM_STATES.find((state) => state === value);

const shown = (value: unknown): string => JSON.stringify(value) ?? "unknown";
