import { fingerprint } from "#operations/gate/file-candidate.ts";
import { refWriter } from "#operations/item/item-ref.ts";
import type { Candidate } from "#operations/ports/store/gate-store.ts";
import type { Store } from "#operations/ports/store.ts";
import type { TodoEntry } from "#operations/ports/todo-format.ts";
import { externalKey, TODO_SYSTEM, type TodoSource } from "./todo-files.ts";
import { todoProposal } from "./todo-proposal.ts";

/** What the gate knows of an entry of a file. */
export interface EntryMatch {
  /** The candidate of an earlier import. */
  readonly candidate: Candidate | undefined;
  /** Several had this title, and the text is none of theirs: it may be this candidate or another. */
  readonly unsure: boolean;
}

/** How many more of one title are looked for than the file has: those that were deleted from it. */
const DELETED = 20;
/** Keys asked for at a time: far below what a statement may bind. */
const AT_ONCE = 500;

/**
 * Finds what earlier imports made of the entries of files, by key. A key counts how often its title stood before in the file, so
 * that an entry may have got the key of one that was deleted: where several have one title, the text decides.
 */
export async function matchEntries(
  store: Store,
  sources: readonly TodoSource[],
): Promise<ReadonlyMap<TodoEntry, EntryMatch>> {
  const refOf = await refWriter(store);
  const byKey = await knownAs(
    store,
    sources.flatMap((source) => source.entries.flatMap(({ key }) => keysOf(source, [key]))),
  );
  const matches = new Map<TodoEntry, EntryMatch>();
  for (const source of sources) {
    const of = ({ key }: TodoEntry) => firstOf(source, key, byKey);
    for (const entry of source.entries) matches.set(entry, { candidate: of(entry), unsure: false });
    const unnamed = source.entries.filter(({ ref }) => ref === undefined);
    const refs = new Set(source.entries.map(({ ref }) => ref));
    const isNamed = ({ itemId }: Candidate) => itemId !== null && refs.has(refOf(itemId));
    for (const [base, entries] of Map.groupBy(unnamed, ({ key }) => baseOf(key))) {
      if (await areTheirs(source, entries, of)) continue;
      const known = await knownAs(store, keysOf(source, ordinals(base, entries.length + DELETED)));
      if (known.size < 2 && entries.length < 2) continue;
      const free = [...new Set(known.values())].filter((candidate) => !isNamed(candidate));
      for (const [entry, match] of await byText(store, source, entries, free)) matches.set(entry, match);
    }
  }
  return matches;
}

/** Nothing is known by the keys of the entries, or each has the text of what is. */
async function areTheirs(
  source: TodoSource,
  entries: readonly TodoEntry[],
  of: (entry: TodoEntry) => Candidate | undefined,
): Promise<boolean> {
  const theirs = await Promise.all(
    entries.map(async (entry) => {
      const candidate = of(entry);
      return candidate && (await printOf(source, entry, candidate.projectId)) === candidate.fingerprint;
    }),
  );
  return theirs.every((one) => one === undefined) || theirs.every((one) => one === true);
}

async function byText(
  store: Store,
  source: TodoSource,
  entries: readonly TodoEntry[],
  known: readonly Candidate[],
): Promise<ReadonlyMap<TodoEntry, EntryMatch>> {
  const free = new Set(known);
  const matches = new Map<TodoEntry, EntryMatch>();
  for (const entry of entries) {
    for (const candidate of free) {
      if (!(await hasText(store, source, entry, candidate))) continue;
      matches.set(entry, { candidate, unsure: false });
      free.delete(candidate);
      break;
    }
  }
  for (const entry of entries.filter((one) => !matches.has(one))) {
    const keys = keysOf(source, [entry.key]);
    const candidate = [...free].find(({ external }) => keys.includes(external?.key ?? ""));
    matches.set(entry, { candidate, unsure: candidate !== undefined });
  }
  return matches;
}

/** Whether an entry says what a candidate said, or what its item says now. */
async function hasText(
  store: Store,
  source: TodoSource,
  entry: TodoEntry,
  { projectId, fingerprint: imported, itemId }: Candidate,
): Promise<boolean> {
  const print = await printOf(source, entry, projectId);
  if (print === imported || itemId === null) return print === imported;
  const { item, spec } = await store.items.get({ id: itemId });
  return print === (await fingerprint(projectId, item.title, spec));
}

async function printOf(source: TodoSource, entry: TodoEntry, projectId: number) {
  const result = todoProposal(source, entry);
  if ("problem" in result) return undefined;
  return await fingerprint(projectId, result.proposal.title, result.proposal.spec);
}

async function knownAs(store: Store, keys: readonly string[]): Promise<ReadonlyMap<string, Candidate>> {
  const known = new Map<string, Candidate>();
  for (let at = 0; at < keys.length; at += AT_ONCE) {
    const found = await store.gate.known({ system: TODO_SYSTEM, keys: keys.slice(at, at + AT_ONCE) });
    for (const candidate of found) known.set(candidate.external?.key ?? "", candidate);
  }
  return known;
}

/** A key without its ordinal. */
const baseOf = (key: string): string => key.replace(/~\d+$/, "");

const ordinals = (base: string, count: number): readonly string[] =>
  Array.from({ length: count }, (_, at) => (at === 0 ? base : `${base}~${at + 1}`));

const keysOf = ({ origins }: TodoSource, keys: readonly string[]): readonly string[] =>
  origins.flatMap((origin) => keys.map((key) => externalKey(origin, key)));

const firstOf = ({ origins }: TodoSource, key: string, known: ReadonlyMap<string, Candidate>) =>
  origins.map((origin) => known.get(externalKey(origin, key))).find((candidate) => candidate !== undefined);
