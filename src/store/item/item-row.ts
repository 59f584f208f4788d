import type { Insertable, Selectable } from "kysely";
import { formatActor, parseActor, type ActorName } from "#domain/actor.ts";
import type { Item } from "#domain/item/item.ts";
import { PHASES, type Phase } from "#domain/item/lifecycle.ts";
import { readBudget } from "#domain/schedule/budget.ts";
import type { ItemTable } from "#store/schema.ts";

/** Columns that follow from others (`q`, `wake_at`) or are kept outside the domain's item (`grant_by`, `has_paths`). */
type Outside = "q" | "wake_at" | "grant_by" | "has_paths";
export type ItemColumns = Omit<Insertable<ItemTable>, Outside | "id">;

export const actorName = (text: string): ActorName => formatActor(parseActor(text));

export function readItem(row: Selectable<ItemTable>): Item {
  return {
    id: row.id,
    uid: row.uid,
    projectId: row.project_id,
    title: row.title,
    state: row.state,
    phase: row.phase,
    phasesLeft: readList(row.phases_left, isPhase),
    lane: row.lane,
    resumeLane: row.resume_lane,
    answerBy: row.answer_by,
    takesDefault: row.takes_default === 1,
    kind: row.kind,
    class: row.class,
    type: row.type,
    priority: row.priority,
    labels: readList(row.labels, isText),
    needs: row.needs,
    band: row.band === 0 ? 0 : 1,
    readyAt: row.ready_at,
    deadline: row.deadline,
    tried: row.tried,
    attempts: row.attempts,
    losses: row.losses,
    notBefore: row.not_before,
    waitsForTrigger: row.waits_for_trigger === 1,
    firedAt: row.fired_at,
    openBlockers: row.open_blockers,
    openChildren: row.open_children,
    budget: row.budget === null ? null : readBudget(row.budget),
    overBudget: row.over_budget === 1,
    heldBy: row.held_by,
    parentId: row.parent_id,
    leaseId: row.lease_id,
    holder: row.holder === null ? null : actorName(row.holder),
    leaseRunId: row.lease_run_id,
    leaseAcquiredAt: row.lease_acquired_at,
    leaseExpiresAt: row.lease_expires_at,
    leaseTtlMs: row.lease_ttl_ms,
    fence: row.fence,
    version: row.version,
    eventN: row.event_n,
    createdBy: actorName(row.created_by),
    createdAt: row.created_at,
    updatedAt: row.updated_at,
    closedAt: row.closed_at,
  };
}

const isText = (value: unknown): value is string => typeof value === "string";
const isPhase = (value: unknown): value is Phase => PHASES.some((phase) => phase === value);

/** A list kept as JSON. The program that writes it keeps to its type, so that anything else is a bug. */
function readList<T>(text: string, isMember: (value: unknown) => value is T): readonly T[] {
  if (text === "[]") return [];
  const list: unknown = JSON.parse(text);
  if (Array.isArray(list) && list.every(isMember)) return list;
  throw new TypeError("A list of the item's row holds what it cannot hold");
}

export function itemColumns(item: Item): ItemColumns {
  return {
    uid: item.uid,
    project_id: item.projectId,
    title: item.title,
    state: item.state,
    phase: item.phase,
    phases_left: JSON.stringify(item.phasesLeft),
    lane: item.lane,
    resume_lane: item.resumeLane,
    answer_by: item.answerBy,
    takes_default: item.takesDefault ? 1 : 0,
    kind: item.kind,
    class: item.class,
    type: item.type,
    priority: item.priority,
    labels: JSON.stringify(item.labels),
    needs: item.needs,
    band: item.band,
    ready_at: item.readyAt,
    deadline: item.deadline,
    tried: item.tried,
    attempts: item.attempts,
    losses: item.losses,
    not_before: item.notBefore,
    waits_for_trigger: item.waitsForTrigger ? 1 : 0,
    fired_at: item.firedAt,
    open_blockers: item.openBlockers,
    open_children: item.openChildren,
    budget: item.budget === null ? null : JSON.stringify(item.budget),
    over_budget: item.overBudget ? 1 : 0,
    held_by: item.heldBy,
    parent_id: item.parentId,
    lease_id: item.leaseId,
    holder: item.holder,
    lease_run_id: item.leaseRunId,
    lease_acquired_at: item.leaseAcquiredAt,
    lease_expires_at: item.leaseExpiresAt,
    lease_ttl_ms: item.leaseTtlMs,
    fence: item.fence,
    version: item.version,
    event_n: item.eventN,
    created_by: item.createdBy,
    created_at: item.createdAt,
    updated_at: item.updatedAt,
    closed_at: item.closedAt,
  };
}

/** The lease's columns of an item that nobody holds. */
export const NO_LEASE = {
  leaseId: null,
  holder: null,
  leaseRunId: null,
  leaseAcquiredAt: null,
  leaseExpiresAt: null,
  leaseTtlMs: null,
} as const satisfies Partial<Item>;

/** The columns of an item on which no question waits for an answer. */
export const NOT_ASKED = {
  resumeLane: null,
  answerBy: null,
  takesDefault: false,
} as const satisfies Partial<Item>;
