import { z } from "zod";
import { isClosed, type ItemState } from "#domain/item/lifecycle.ts";
import type { Spec } from "#domain/item/spec.ts";
import { HALF, Host } from "#operations/half.ts";
import { findItem, refWriter, type RefOf } from "#operations/item/item-ref.ts";
import { defineOperation } from "#operations/operation.ts";
import type { Candidate } from "#operations/ports/store/gate-store.ts";
import type { HistoryEvent } from "#operations/ports/store/history-store.ts";
import type { ItemDetail } from "#operations/ports/store/item-store.ts";
import type { Page } from "#operations/ports/store/page.ts";
import type { Store } from "#operations/ports/store.ts";
import type { TodoChange, TodoEntry } from "#operations/ports/todo-format.ts";
import { Entries } from "./file-todo.ts";
import { matchEntries } from "./match-entries.ts";
import { FilePlace, originsOf, TODO_SYSTEM, type TodoSource } from "./todo-files.ts";

const Change = z.object({
  ref: z.string().exactOptional(),
  title: z.string().exactOptional(),
  done: z.boolean().exactOptional(),
  statusWord: z.enum(["open", "blocked", "review", "done", "dropped"]).exactOptional(),
  trigger: z.string().exactOptional(),
  problem: z.string().exactOptional(),
  steps: z.array(z.object({ text: z.string(), optional: z.boolean() })).exactOptional(),
  risks: z.array(z.string()).exactOptional(),
  why: z.string().exactOptional(),
}) satisfies z.ZodType<TodoChange>;

export const todoChanges = defineOperation({
  ...HALF,
  name: "todo.changes",
  summary: "List the changes of items that belong into their TODO.md files.",
  effect: "read",
  input: z.strictObject({
    host: Host,
    refs: z.boolean(),
    files: z
      .array(FilePlace.extend({ entries: Entries }))
      .min(1)
      .max(1_000),
  }),
  output: z.object({
    files: z.array(
      z.object({
        changes: z.array(z.object({ key: z.string(), change: Change })),
        /** Changed here and in the file: the file keeps its own. */
        conflicts: z.array(z.object({ line: z.int(), item: z.string(), field: z.string() })),
      }),
    ),
  }),
  errors: ["not_found"],
  run: async ({ store }, { host, refs, files }) => {
    const places = await originsOf(store, host, files);
    const sources = files.map(({ entries }, at) => ({
      repo: undefined,
      origins: [],
      ...places[at],
      entries,
    }));
    const matches = await matchEntries(store, sources);
    const refOf = await refWriter(store);
    const answers = [];
    for (const source of sources) answers.push(await changesOf(store, source, { matches, refs, refOf }));
    return { files: answers };
  },
});

interface Known {
  readonly matches: Awaited<ReturnType<typeof matchEntries>>;
  readonly refs: boolean;
  readonly refOf: RefOf;
}

async function changesOf(store: Store, source: TodoSource, { matches, refs, refOf }: Known) {
  const changes: { key: string; change: z.output<typeof Change> }[] = [];
  const conflicts: { line: number; item: string; field: string }[] = [];
  for (const entry of source.entries) {
    const { candidate, unsure = false } = matches.get(entry) ?? {};
    if (unsure) {
      if (candidate !== undefined && candidate.itemId !== null)
        conflicts.push({ line: entry.line, item: refOf(candidate.itemId), field: "ref" });
      continue;
    }
    const found = await entryChange(store, entry, candidate, refs ? refOf : undefined);
    if (found === undefined) continue;
    if (Object.keys(found.change).length > 0) changes.push({ key: entry.key, change: found.change });
    const item = refOf(found.itemId);
    conflicts.push(...found.conflicts.map((field) => ({ line: entry.line, item, field })));
  }
  return { changes, conflicts };
}

/**
 * What of an item is to be written into its file. A text is written only where it changed since the import and the file still
 * says what was imported.
 */
async function entryChange(
  store: Store,
  entry: TodoEntry,
  candidate: Candidate | undefined,
  refOf: RefOf | undefined,
) {
  const named = entry.ref === undefined ? undefined : await findItem(store, entry.ref);
  const itemId = named ?? candidate?.itemId ?? undefined;
  if (itemId === undefined) return undefined;
  const detail = await store.items.get({ id: itemId });
  const imported = candidate?.itemId === itemId ? candidate : await importedAs(store, detail);
  const status = await statusChange(entry, detail.item.state, (states) => hasBeen(store, itemId, states));
  const now = fieldsOf(detail.item.title, detail.spec);
  const before = imported === undefined ? now : fieldsOf(imported.title, imported.spec);
  const inFile = fieldsOf(entry.title, specOf(entry));
  const changed = NAMES.filter((name) => !same(now[name], before[name]) && !same(now[name], inFile[name]));
  const free = changed.filter((name) => same(inFile[name], before[name]));
  const ref = refOf?.(itemId);
  const change: z.output<typeof Change> = {
    ...Object.fromEntries(free.flatMap((name) => (now[name] === undefined ? [] : [[name, now[name]]]))),
    ...status.change,
    ...(ref === undefined || ref === entry.ref ? {} : { ref }),
  };
  const conflicts = [
    ...changed.filter((name) => !free.includes(name)),
    ...(status.conflict ? ["status"] : []),
  ];
  return { itemId, change, conflicts };
}

/** What an item was imported from; a file that was renamed since knows it by the ref alone. */
async function importedAs(store: Store, { candidateId }: ItemDetail): Promise<Candidate | undefined> {
  if (candidateId === null) return undefined;
  const candidate = await store.gate.get({ id: candidateId });
  return candidate.external?.system === TODO_SYSTEM ? candidate : undefined;
}

const same = (a: unknown, b: unknown): boolean => JSON.stringify(a) === JSON.stringify(b);

const NAMES = ["title", "problem", "trigger", "steps", "risks", "why"] as const;

/** The fields that a file can hold; an empty list is none, since a file cannot say it. */
function fieldsOf(
  title: string,
  { problem, trigger, steps, risks, why }: Omit<Spec, "premises" | "acceptance">,
) {
  return {
    title,
    problem,
    trigger: trigger?.text,
    steps: steps.length === 0 ? undefined : steps.map(({ text, optional }) => ({ text, optional })),
    risks: risks.length === 0 ? undefined : risks,
    why,
  };
}

function specOf({
  spec: { trigger, steps, risks, ...rest },
}: TodoEntry): Omit<Spec, "premises" | "acceptance"> {
  const lists = { steps: [...steps], risks: [...risks] };
  return {
    ...rest,
    ...lists,
    ...(trigger === undefined ? {} : { trigger: { text: trigger, conditions: [], hold: false } }),
  };
}

interface StatusChange {
  readonly change: Pick<z.output<typeof Change>, "done" | "statusWord">;
  /** The file has a state that the item never was in: it is a person's, and stays. */
  readonly conflict: boolean;
}

const NOTHING: StatusChange = { change: {}, conflict: false };
const CONFLICT: StatusChange = { change: {}, conflict: true };
const to = (change: StatusChange["change"]): StatusChange => ({ change, conflict: false });

/**
 * What an item's state makes of its status in the file. People's own words for open work (`doing`, `deferred`) stay; a plain checkbox
 * has no words for blocked and review.
 * @param was asked only where the file says more than the item does: whether the item ever was in one of these states
 */
async function statusChange(
  { done, statusWord }: TodoEntry,
  state: ItemState,
  was: (states: readonly ItemState[]) => Promise<boolean>,
): Promise<StatusChange> {
  if (isClosed(state)) {
    if (done && (statusWord === undefined || statusWord === state)) return NOTHING;
    return to(statusWord === undefined ? { done: true } : { statusWord: state });
  }
  if (done) return (await was(["done", "dropped"])) ? to({ done: false }) : CONFLICT;
  if (statusWord === undefined || statusWord === state) return NOTHING;
  if (statusWord === "blocked" || statusWord === "review")
    return (await was([statusWord])) ? to({ statusWord: state }) : CONFLICT;
  return state === "open" ? NOTHING : to({ statusWord: state });
}

/** Entries of the history read at a time. */
const PAGE = 200;

/** Whether the history says that an item ever was in one of the states. */
async function hasBeen(store: Store, itemId: number, states: readonly ItemState[]): Promise<boolean> {
  const wanted = new Set<unknown>(states);
  let cursor: string | null = null;
  do {
    const page: Page<HistoryEvent> = await store.history.events({
      stream: "item",
      streamId: itemId,
      newestFirst: true,
      page: { limit: PAGE, cursor: cursor ?? undefined },
    });
    const found = page.items.some(({ changes: { state } }) => [state].flat().some((one) => wanted.has(one)));
    if (found) return true;
    cursor = page.next;
  } while (cursor !== null);
  return false;
}
