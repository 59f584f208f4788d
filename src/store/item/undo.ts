import { z } from "zod";
import { formatActor } from "#domain/actor.ts";
import { requireHuman } from "#domain/caller.ts";
import { SluiceError } from "#domain/errors.ts";
import { EDITABLE_FIELDS, type ItemFields } from "#domain/item/item.ts";
import { nextState } from "#domain/item/lifecycle.ts";
import { Spec } from "#domain/item/spec.ts";
import { laneNamed } from "#domain/lane.ts";
import { candidateRef } from "#domain/ref.ts";
import type { HistoryStore, Undone } from "#operations/ports/store/history-store.ts";
import type { ItemChanges } from "#operations/ports/store/item-store.ts";
import type { Core, Unit } from "#store/core.ts";
import { recordEvent } from "#store/history/events.ts";
import { withPayloads } from "#store/history/payloads.ts";
import { editItem, moveItem } from "./item-change.ts";
import { pathsOf, reposOf } from "./item-detail.ts";
import { ITEM_COLUMNS, itemColumns, readField } from "./item-row.ts";
import { lockItem } from "./item-save.ts";
import { addLink, removeLink } from "./links.ts";
import { refOf } from "./refs.ts";
import { blockAgain, saveItem } from "./save-item.ts";
import { readSpec } from "./specs.ts";

type Request = Parameters<HistoryStore["undo"]>[0];

/** Entries of the caller that are looked through for the last one that still stands. */
const LOOKED_AT = 500;

const Told = z.record(z.string(), z.unknown());
const Undoes = z.object({ n: z.number() });

/** What to do instead, for what has no meaning to take back; REF becomes the ref of what it is about. */
const INSTEAD: Readonly<Record<string, string>> = {
  note: "A note stays; write another with: sluice note REF TEXT",
  "plan.set": "A plan keeps its versions; set the earlier one again with: sluice plan set REF",
  "evidence.add": "Evidence stays; say in a note what is wrong with it",
  decide: "Others may have acted on the answer; move the item with: sluice item move REF --lane LANE",
  add: "Drop the item with: sluice item drop REF --reason TEXT",
  "gate.approve": "Drop the item with: sluice item drop",
  "gate.merge": "Propose it again with: sluice propose",
  "item.close": "Open it again with: sluice item reopen REF --reason TEXT",
  "item.reopen": "Close or drop it again with: sluice item close REF, or sluice item drop REF",
  "item.unblock": "Block it again with: sluice block --item REF --note TEXT",
  block: "Unblock it with: sluice item unblock REF",
  claim: "Give the lease back with: sluice release",
};

/** Takes the caller's last change back, as a change of its own that names the first. Refuses with `conflict` and the reason. */
export function undo(core: Core, request: Request): Promise<Undone> {
  requireHuman(request.by, "undo a change");
  return core.write(request.by, "undo", async (unit) => {
    const change = await lastChange(unit, request);
    if (change.isRedacted) throw wasRedacted(change);
    const reverse = REVERSALS[change.operation];
    if (reverse === undefined) throw hasNoReverse(change);
    const { n, operation } = change;
    const undoes = { n, operation, actor: formatActor(unit.by.actor) };
    await reverse({ ...unit, facts: { undoes } }, change);
    return { stream: change.stream, id: change.id, n, operation };
  });
}

async function lastChange(unit: Unit, request: Request): Promise<Change> {
  const { stream, streamId, n } = request;
  const rows = await unit.tx
    .selectFrom("event")
    .selectAll("event")
    .where("event.actor", "=", formatActor(unit.by.actor))
    .where("event.stream", "in", stream === undefined ? ["item", "candidate"] : [stream])
    .$if(streamId !== undefined, (query) => query.where("event.stream_id", "=", streamId ?? 0))
    .orderBy("event.id", "desc")
    .limit(LOOKED_AT)
    .execute();
  const taken = new Set<string>();
  for (const row of await withPayloads(unit.tx, rows)) {
    const changes = Told.parse(JSON.parse(row.changes));
    const undoes = Undoes.safeParse(changes["undoes"]);
    if (undoes.success) taken.add(`${row.stream}:${row.stream_id}:${undoes.data.n}`);
    else if (!taken.has(`${row.stream}:${row.stream_id}:${row.n}`) && (n === undefined || row.n === n))
      return {
        stream: row.stream === "candidate" ? "candidate" : "item",
        id: row.stream_id,
        n: row.n,
        operation: row.operation,
        name: row.stream === "candidate" ? candidateRef(row.stream_id) : await refOf(unit.tx, row.stream_id),
        changes,
        isRedacted: row.redacted_at !== null,
      };
  }
  throw new SluiceError("not_found", "You have no change to undo", {
    hint: "See who did what with: sluice log",
  });
}

const wasRedacted = ({ name, n, operation }: Change): SluiceError =>
  new SluiceError("conflict", `Entry ${n} of ${name} was redacted and cannot be undone`, {
    hint: "Write the new text with: sluice item edit",
    details: { ref: name, entry: n, operation },
  });

function hasNoReverse({ name, n, operation }: Change): SluiceError {
  return new SluiceError("conflict", `Entry ${n} of ${name} is ${operation}, which cannot be undone`, {
    hint:
      INSTEAD[operation]?.replaceAll("REF", name) ??
      "Name an earlier change of yours with: sluice undo REF --entry N, see sluice log REF",
    details: { ref: name, entry: n, operation },
  });
}

/** An entry that may be taken back. */
export interface Change {
  readonly stream: "item" | "candidate";
  readonly id: number;
  readonly n: number;
  readonly operation: string;
  /** The item's or candidate's ref. */
  readonly name: string;
  readonly changes: Readonly<Record<string, unknown>>;
  /** Something was taken out of `changes`. */
  readonly isRedacted: boolean;
}

const pair = <T extends z.ZodType>(value: T) => z.tuple([value, value]);
const Paths = z.array(z.object({ repoId: z.number(), pattern: z.string() }));
/** What an edit's entry says beside the columns of the item's row. */
const Edited = z.object({
  paths: z.tuple([Paths, z.array(z.object({ pattern: z.string() }))]).optional(),
  spec: z.record(z.string(), pair(z.unknown())).optional(),
});
const Link = z.object({
  link: z.tuple([
    z.enum(["blocked_by", "discovered_from", "duplicates", "supersedes", "recurs", "relates"]),
    z.enum(["item", "candidate"]),
    z.number(),
  ]),
});

const Column = pair(z.union([z.string(), z.number(), z.null()]));

type Reversal = (unit: Unit, change: Change) => Promise<void>;

/** How each change is taken back; what is absent has no meaning to. Each refuses where something came after. */
const REVERSALS: Readonly<Record<string, Reversal>> = {
  "item.edit": undoEdit,
  "item.move": undoMove,
  "item.bump": undoBump,
  "item.snooze": undoSnooze,
  "item.drop": undoDrop,
  "link.add": (unit, change) => removeLink(unit, linkOf(change)),
  "link.remove": (unit, change) => addLink(unit, linkOf(change)),
  "gate.reject": undoReject,
};

async function undoEdit(unit: Unit, { id, name, changes }: Change): Promise<void> {
  const { paths, spec } = Edited.parse(changes);
  const columns = editedColumns(changes);
  if (Object.keys(columns).length === 0 && paths === undefined && spec === undefined)
    throw changedNothing(name);
  const item = await lockItem(unit, id);
  const whole = await readSpec(unit.tx, id);
  const now = new Map<string, unknown>(Object.entries({ ...whole, ...itemColumns(item) }));
  for (const [field, [, then]] of Object.entries({ ...columns, ...spec }))
    requireSame(name, field, now.get(field) ?? null, then);
  if (paths !== undefined)
    requireSame(name, "paths", patterns(await pathsOf(unit.core.dialect, unit.tx, id)), patterns(paths[1]));
  const before: ItemChanges = {
    ...fieldsBefore(columns),
    paths: paths === undefined ? undefined : await namedPaths(unit, id, paths[0]),
    spec: spec === undefined ? undefined : specBefore(whole, spec),
  };
  await editItem(unit, { by: unit.by, id, changes: before });
}

/** Of what an entry says: the columns of editable fields, each [old, new]. */
function editedColumns(changes: Change["changes"]): Readonly<Record<string, z.output<typeof Column>>> {
  const names = EDITABLE_FIELDS.map((field) => ITEM_COLUMNS[field].name).filter((name) => name in changes);
  return Object.fromEntries(names.map((name) => [name, Column.parse(changes[name])]));
}

/** The editable fields as they were before their columns changed. */
function fieldsBefore(columns: ReturnType<typeof editedColumns>): ItemFields {
  const before = EDITABLE_FIELDS.flatMap((field) => {
    const changed = columns[ITEM_COLUMNS[field].name];
    return changed === undefined ? [] : [[field, readField(field, changed[0])] as const];
  });
  return Object.fromEntries(before) as ItemFields;
}

const patterns = (paths: readonly { readonly pattern: string }[]): readonly string[] =>
  Array.from(new Set(paths.map(({ pattern }) => pattern))).toSorted();

/** The spec with the fields as they were; one that was not there is taken away. */
function specBefore(
  whole: Spec,
  changed: Readonly<Record<string, readonly [unknown, unknown]>>,
): Partial<Spec> {
  const old = Object.entries(changed).map(([field, [before]]) => [field, before ?? undefined] as const);
  const entries = Object.entries({ ...whole, ...Object.fromEntries(old) });
  const gone = old.filter(([, before]) => before === undefined).map(([field]) => [field, undefined] as const);
  const kept = Spec.parse(Object.fromEntries(entries.filter(([, value]) => value !== undefined)));
  return { ...kept, ...Object.fromEntries(gone) };
}

async function namedPaths(unit: Unit, id: number, paths: z.output<typeof Paths>) {
  const aliases = new Map(
    (await reposOf(unit.core.dialect, unit.tx, id)).map(({ repoId, alias }) => [repoId, alias]),
  );
  return paths.map(({ repoId, pattern }) => ({ pattern, repo: aliases.get(repoId) }));
}

async function undoMove(unit: Unit, { id, name, changes }: Change): Promise<void> {
  const { lane, ready_at: readyAt } = z
    .object({ lane: pair(z.string()).optional(), ready_at: pair(z.number()).optional() })
    .parse(changes);
  if (lane === undefined) throw changedNothing(name);
  const item = await lockItem(unit, id);
  requireSame(name, "lane", item.lane, lane[1]);
  const request = { by: unit.by, id, lane: laneNamed(unit.lanes, lane[0]).name };
  await moveItem(unit, request, readyAt?.[0] ?? item.readyAt);
}

async function undoBump(unit: Unit, { id, name, changes }: Change): Promise<void> {
  const item = await lockItem(unit, id);
  const { band } = z.object({ band: pair(z.union([z.literal(0), z.literal(1)])).optional() }).parse(changes);
  if (band === undefined) throw changedNothing(name);
  requireSame(name, "band", item.band, band[1]);
  await saveItem(unit, item, { state: nextState(item.state, "amend", name), band: band[0] });
}

async function undoSnooze(unit: Unit, { id, name, changes }: Change): Promise<void> {
  const item = await lockItem(unit, id);
  const { not_before: time } = z
    .object({ not_before: pair(z.number().nullable()).optional() })
    .parse(changes);
  if (time === undefined) throw changedNothing(name);
  requireSame(name, "not_before", item.notBefore, time[1]);
  const [before] = time;
  await saveItem(unit, item, {
    state: nextState(item.state, "amend", name),
    notBefore: before !== null && before > unit.now ? before : null,
  });
}

/** Back to where it was, with its place in the queue. A run that the drop ended has ended. */
async function undoDrop(unit: Unit, { id, name, changes }: Change): Promise<void> {
  const { state } = z.object({ state: pair(z.string()) }).parse(changes);
  const item = await lockItem(unit, id);
  requireSame(name, "state", item.state, "dropped");
  if (state[0] !== "open")
    throw new SluiceError(
      "conflict",
      `${name} was ${state[0]} when it was dropped, and cannot go back there`,
      {
        hint: `Open it again with: sluice item reopen ${name} --reason TEXT`,
        details: { ref: name, state: item.state },
      },
    );
  await saveItem(unit, item, { state: nextState(item.state, "reopen", name), closedAt: null });
}

async function undoReject(unit: Unit, { id, name }: Change): Promise<void> {
  const row = await unit.tx
    .selectFrom("candidate")
    .selectAll()
    .where("id", "=", id)
    .modifyEnd(unit.core.dialect.forUpdate)
    .executeTakeFirstOrThrow();
  requireSame(name, "state", row.state, "rejected");
  const same = await unit.tx
    .selectFrom("candidate")
    .select("id")
    .where("state", "=", "pending")
    .where("project_id", "=", row.project_id)
    .where("source", "=", row.source)
    .where((eb) =>
      row.external_key === null
        ? eb("fingerprint", "=", row.fingerprint)
        : eb("external_key", "=", row.external_key),
    )
    .executeTakeFirst();
  if (same !== undefined)
    throw new SluiceError("conflict", `The same waits at the gate again, as ${candidateRef(same.id)}`, {
      hint: "Decide about that one",
      details: { ref: name, pending: candidateRef(same.id) },
    });
  const { event_n: n } = await unit.tx
    .updateTable("candidate")
    .set((eb) => ({
      state: "pending" as const,
      decided_by: null,
      decided_at: null,
      reason: null,
      touched_at: unit.now,
      event_n: eb("event_n", "+", 1),
      version: eb("version", "+", 1),
    }))
    .where("id", "=", id)
    .returning("event_n")
    .executeTakeFirstOrThrow();
  await blockAgain(unit, { kind: "candidate", id });
  await recordEvent(unit, {
    stream: "candidate",
    streamId: id,
    n,
    changes: { state: ["rejected", "pending"] },
  });
}

function linkOf({ id, changes }: Change) {
  const [kind, toKind, toId] = Link.parse(changes).link;
  return { fromId: id, kind, toKind, toId };
}

function requireSame(name: string, field: string, now: unknown, then: unknown): void {
  if (JSON.stringify(now) === JSON.stringify(then)) return;
  throw new SluiceError("conflict", `${name} has changed since: its ${field} is ${JSON.stringify(now)} now`, {
    hint: "Change it by hand, see: sluice log",
    details: { ref: name, field, current: now },
  });
}

const changedNothing = (name: string) =>
  new SluiceError("conflict", `That changed nothing of ${name}`, {
    hint: `Name an earlier change of yours with: sluice undo ${name} --entry N, see sluice log ${name}`,
    details: { ref: name },
  });
