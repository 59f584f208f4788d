import { z } from "zod";
import type { Selectable } from "kysely";
import type { Item, ItemChange } from "#domain/item/item.ts";
import { isClosed, nextState } from "#domain/item/lifecycle.ts";
import { Spec } from "#domain/item/spec.ts";
import { laneNamed, laneOfRole } from "#domain/lane.ts";
import { attendedMs } from "#domain/schedule/held-time.ts";
import { QUEUE } from "#domain/schedule/queue-place.ts";
import { formerHolders } from "#store/claim/held-paths.ts";
import type { SqlNames } from "#store/database.ts";
import type { ItemTable } from "#store/schema.ts";
import type { Unit } from "#store/core.ts";
import { isLimited, lockBudgets, settleItemBudgets } from "#store/queue/spending.ts";
import { readItem, NO_LEASE } from "./item-row.ts";
import { replaceItem, writeItem, type SaveOptions, lockItem } from "./item-save.ts";
import { addNote } from "./notes.ts";
import { candidateRef } from "#domain/ref.ts";
import { refOf } from "./refs.ts";
import { readSpec, writeSpec } from "./specs.ts";

/** What ends readies this many of the items that are held for nothing; the next to end, or a claim that finds nothing, the others. */
const READIED_AT_ONCE = 16;

/** What the end of a lease adds to the time that was worked on its item. */
export interface Attended {
  /** Undefined where nothing is added. */
  readonly workedMs: number | undefined;
  /** Something bounds what may be spent on the item. */
  readonly isLimited: boolean;
}

/** The one way in which an item changes: its row, its event, and what follows for items it blocks, its parent and items it held. */
export async function saveItem(
  unit: Unit,
  before: Item,
  change: ItemChange,
  options: SaveOptions = {},
  known?: Attended,
): Promise<Item> {
  const workedMs = known === undefined ? await attendedTime(unit, before, change) : known.workedMs;
  const limited = workedMs !== undefined && (known?.isLimited ?? (await isLimited(unit, before)));
  if (limited) await lockBudgets(unit);
  const after = await writeItem(unit, before, change, { ...options, workedMs });
  const reason = options.facts?.["reason"];
  await followUp(unit, before, after, typeof reason === "string" ? reason : "");
  return limited ? settleItemBudgets(unit, after) : after;
}

/** Of an agent whose lease ends with this change, where no worker measures its time. */
async function attendedTime(
  unit: Unit,
  before: Item,
  { leaseId = before.leaseId }: ItemChange,
): Promise<number | undefined> {
  if (before.leaseRunId === null || before.leaseId === leaseId) return undefined;
  const workedMs = attendedMs(before, unit.now);
  if (workedMs === undefined) return undefined;
  const run = await unit.tx
    .selectFrom("run")
    .select("id")
    .where("id", "=", before.leaseRunId)
    .where("worker_id", "is", null)
    .where("worked_ms", "is", null)
    .executeTakeFirst();
  return run === undefined ? undefined : workedMs;
}

/** An item keeps others off its paths while it is leased, and while its result is checked or landed. */
function holdsPaths(item: Item): boolean {
  return (
    (item.state === "open" && item.leaseId !== null) ||
    (item.state === "review" && (item.phase === "verify" || item.phase === "land"))
  );
}

/** Whether what follows from a change concerns other items too: those it blocks, its parent, those that its paths held. */
export const concernsOthers = (before: Item, after: Item, freesOthers: boolean): boolean =>
  (freesOthers && holdsPaths(before) && !holdsPaths(after)) ||
  isClosed(before.state) !== isClosed(after.state);

async function followUp(unit: Unit, before: Item, after: Item, reason: string): Promise<void> {
  if (holdsPaths(before) && !holdsPaths(after)) await readyHeld(unit);
  if (isClosed(before.state) === isClosed(after.state)) return;
  if (isClosed(after.state)) await settleClosing(unit, after, reason);
  else await settleReopening(unit, before);
}

/**
 * Readies items whose holder holds no paths any more, the first in the queue's order. Answers how many. Another's claim may have seen
 * the holder a moment before it ended, so that the end of one holder alone would leave its item held for ever.
 */
export async function readyHeld(unit: Unit): Promise<number> {
  const rows = await unit.core.dialect.rows<Selectable<ItemTable>>(unit.tx, freedSql, []);
  for (const row of rows) await replaceItem(unit, readItem(row), { heldBy: null });
  return rows.length;
}

const freedSql = (names: SqlNames): string =>
  `select i.* from ${names.t("item")} i where i.q = ${QUEUE.held} and i.held_by in (${formerHolders(names)})
    order by i.band, i.deadline, i.id limit ${READIED_AT_ONCE} ${names.skipLocked("i")}`;

const STORE = "system:store";

/** Spec fields that a block proposed to change once its blockers are done. */
const Amendment = z.lazy(() =>
  z.object({
    problem: z.string().optional(),
    steps: z.array(z.string()).optional(),
    risks: z.array(z.string()).optional(),
  }),
);

/** An item ended: the items it blocked may go on, its parent may be complete. */
async function settleClosing(unit: Unit, closed: Item, reason: string): Promise<void> {
  const ended = { kind: "item", id: closed.id } as const;
  if (closed.state !== "done")
    await refuseDependents(unit, ended, { title: closed.title, how: "dropped", reason });
  else
    for (const { from_id, amendment } of await blockedBy(unit, ended))
      await freeOne(unit, from_id, amendment);
  if (closed.parentId !== null) await countChild(unit, closed.parentId, -1);
}

/** An ended item lives again: what counted on its end no longer can. */
async function settleReopening(unit: Unit, before: Item): Promise<void> {
  await blockAgain(unit, { kind: "item", id: before.id });
  if (before.parentId !== null) await countChild(unit, before.parentId, 1);
}

/** What others wait for. */
interface Blocker {
  readonly kind: "item" | "candidate";
  readonly id: number;
}

/** What waits for it waits again. */
export async function blockAgain(unit: Unit, blocker: Blocker): Promise<void> {
  for (const { from_id } of await blockedBy(unit, blocker)) {
    const dependent = await lockItem(unit, from_id);
    await writeItem(
      unit,
      dependent,
      { openBlockers: dependent.openBlockers + 1 },
      { operation: "blocker.reopened", actor: STORE },
    );
  }
}

interface Refusal {
  readonly title: string;
  readonly how: "dropped" | "rejected" | "expired";
  readonly reason: string;
}

/**
 * A no to a blocker: nothing waits for it any more, and whether an item goes on without it is a person's to say. So it comes back in
 * triage, unless somebody works on it, with the reason for its brief.
 */
export async function refuseDependents(
  unit: Unit,
  blocker: Blocker,
  { title, how, reason }: Refusal,
): Promise<void> {
  const rows = await blockedBy(unit, blocker);
  if (rows.length === 0) return;
  const name = blocker.kind === "item" ? await refOf(unit.tx, blocker.id) : candidateRef(blocker.id);
  const body = `${name} was ${how}, for which this waited: ${reason}\n\n${title}`;
  for (const { from_id } of rows) {
    const item = await lockItem(unit, from_id);
    if (!isClosed(item.state)) await addNote(unit, item.id, { kind: "return", body, actor: STORE });
    const change = { openBlockers: Math.max(0, item.openBlockers - 1), ...(await toPerson(unit, item)) };
    await writeItem(unit, item, change, {
      operation: "blocker.refused",
      actor: STORE,
      facts: { blocker: name },
    });
  }
}

async function toPerson(unit: Unit, item: Item): Promise<ItemChange> {
  const lane = laneOfRole(unit.lanes, "triage").name;
  if (item.state === "blocked")
    return { state: nextState(item.state, "unblock", await refOf(unit.tx, item.id)), lane };
  const isAgents = laneNamed(unit.lanes, item.lane).role === "agent";
  return item.state === "open" && item.leaseId === null && isAgents ? { lane } : {};
}

/** Rows in id order, so that two closings never wait for each other. */
function blockedBy(unit: Unit, { kind, id }: Blocker) {
  return unit.tx
    .selectFrom("link")
    .select(["from_id", "amendment"])
    .where("to_kind", "=", kind)
    .where("to_id", "=", id)
    .where("kind", "=", "blocked_by")
    .orderBy("from_id")
    .execute();
}

/** One blocker fewer: the item's amendment is applied, and a blocked item without blockers goes on. */
export async function freeOne(unit: Unit, id: number, amendment: string | null): Promise<void> {
  const item = await lockItem(unit, id);
  const openBlockers = Math.max(0, item.openBlockers - 1);
  if (amendment !== null) await applyAmendment(unit, id, amendment);
  const free = openBlockers === 0 && item.state === "blocked";
  const back = free ? await unblocked(unit, item) : {};
  const facts = amendment === null ? {} : { amended: Amendment.parse(JSON.parse(amendment)) };
  await writeItem(
    unit,
    item,
    { openBlockers, ...back },
    { operation: free ? "unblock" : "blocker.done", actor: STORE, facts },
  );
}

/** What unblocking changes: open again in its lane if that grant still stands, else in triage. A lane to resume is kept. */
export async function unblocked(unit: Unit, item: Item): Promise<ItemChange> {
  const row = await unit.tx
    .selectFrom("item")
    .select("grant_by")
    .where("id", "=", item.id)
    .executeTakeFirst();
  const lane = laneNamed(unit.lanes, item.lane);
  const stands = lane.role !== "agent" || (row?.grant_by ?? null) !== null;
  return {
    state: nextState(item.state, "unblock", await refOf(unit.tx, item.id)),
    lane: stands ? lane.name : laneOfRole(unit.lanes, "triage").name,
  };
}

async function applyAmendment(unit: Unit, id: number, text: string): Promise<void> {
  const { problem, steps, risks } = Amendment.parse(JSON.parse(text));
  const spec = await readSpec(unit.tx, id);
  const amended = Spec.parse({
    ...spec,
    ...(problem === undefined ? {} : { problem }),
    ...(steps === undefined ? {} : { steps: steps.map((step) => ({ text: step })) }),
    ...(risks === undefined ? {} : { risks }),
  });
  await writeSpec(unit, id, amended);
}

async function countChild(unit: Unit, parentId: number, by: 1 | -1): Promise<void> {
  const parent = await lockItem(unit, parentId);
  const openChildren = Math.max(0, parent.openChildren + by);
  const complete = openChildren === 0 && by === -1 && parent.state === "open" && parent.leaseId === null;
  const review = complete
    ? ({
        state: nextState(parent.state, "review", await refOf(unit.tx, parent.id)),
        phase: "human",
        phasesLeft: [],
        ...NO_LEASE,
      } as const)
    : {};
  await writeItem(
    unit,
    parent,
    { openChildren, ...review },
    { operation: complete ? "children.done" : "child.counted", actor: STORE },
  );
  if (complete)
    await addNote(unit, parent.id, {
      kind: "return",
      body: "All parts are done; look at the whole",
      actor: STORE,
    });
}
