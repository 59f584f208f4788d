import { z } from "zod";
import { candidateRef } from "#domain/ref.ts";
import { sha256 } from "#domain/text/sha256.ts";
import type { Context } from "#operations/context.ts";
import { fingerprint } from "#operations/gate/file-candidate.ts";
import { findItem, refWriter, type RefOf } from "#operations/item/item-ref.ts";
import { defineOperation } from "#operations/operation.ts";
import { CANDIDATE_STATES, type Candidate, type ImportedEntry } from "#operations/ports/store/gate-store.ts";
import type { Project } from "#operations/ports/store/project-store.ts";
import type { Store } from "#operations/ports/store.ts";
import { TODO_READING, type TodoEntry, type TodoProblem } from "#operations/ports/todo-format.ts";
import { ProjectAlias, projectOf } from "#operations/project/project-of.ts";
import { type EntryMatch, matchEntries } from "./match-entries.ts";
import {
  findTodoFiles,
  readTodoFiles,
  TODO_SYSTEM,
  TodoFiles,
  type TodoPlace,
  type TodoSource,
} from "./todo-files.ts";
import { todoProposal, type TodoProposal } from "./todo-proposal.ts";

const Imported = z.object({
  file: z.string(),
  line: z.int(),
  title: z.string(),
  candidate: z.string(),
  state: z.enum(CANDIDATE_STATES),
  item: z.string().optional(),
});

const Skipped = z.object({
  file: z.string(),
  line: z.int(),
  title: z.string(),
  /** `done` in the file, `known` from an earlier import, `duplicate` of another proposal. */
  reason: z.enum(["done", "known", "duplicate"]),
  candidate: z.string().optional(),
  state: z.enum(CANDIDATE_STATES).optional(),
  item: z.string().optional(),
});

export const importTodo = defineOperation({
  name: "todo.import",
  summary: "File the open items of TODO.md files at the gate.",
  description:
    "Every file must be readable, or nothing is imported; an entry that cannot be taken is left out and named. Importing again files only what is new. A project's approval rules apply.",
  effect: "write",
  authority: "work",
  toolset: "operator",
  place: "caller",
  input: z.strictObject({ files: TodoFiles, project: ProjectAlias.optional() }),
  output: z.object({
    imported: z.array(Imported),
    skipped: z.array(Skipped),
    problems: z.array(z.object({ file: z.string(), line: z.int(), message: z.string() })),
  }),
  errors: ["not_found", "limited"],
  positional: ["files"],
  examples: [{ command: "sluice todo import TODO.md", does: "Propose what the file says is open" }],
  run: async (context, input) => {
    const places = await findTodoFiles(context, input.files);
    const digests = await digestsOf(context, places);
    const unchanged = await unchangedFiles(context.store, digests);
    const changed = places.filter(({ origin }) => !unchanged.has(origin));
    const sources = await readTodoFiles(context, changed);
    const { planned, problems } = proposalsOf(sources);
    const refOf = await refWriter(context.store);
    const matches = await matchEntries(context.store, sources);
    const entries: PlannedEntry[] = [];
    for (const [source, proposals] of Map.groupBy(planned, ({ source }) => source)) {
      const project = await projectOf(context, input.project ?? context.project ?? source.repo?.project);
      for (const one of proposals) entries.push({ ...one, project });
    }
    const filed: Outcome[] = [];
    const size = context.caller.authority === "agent" ? 1 : AT_ONCE;
    for (let at = 0; at < entries.length; at += size) {
      const part = entries.slice(at, at + size);
      const outcomes = await context.store.transaction((store) =>
        fileAll({ ...context, store }, part, matches),
      );
      filed.push(...outcomes);
      context.progress?.(`${filed.length} of ${entries.length} items`);
    }
    const faulty = new Set(problems.map(({ file }) => file));
    await keep(
      context,
      sources.filter(({ file }) => !faulty.has(file)),
      digests,
      filed,
    );
    const byOrigin = Map.groupBy(filed, ({ source }) => source.origin);
    const done = places.flatMap((place) => [
      ...(unchanged.get(place.origin) ?? []).map((entry) => recalled(place, entry)),
      ...(byOrigin.get(place.origin) ?? []).filter(({ source }) => source.file === place.file),
    ]);
    return {
      imported: done.flatMap((one) => {
        const known = viewOf(one, refOf);
        return one.reason === undefined && known.candidate !== undefined && known.state !== undefined
          ? [{ ...known, candidate: known.candidate, state: known.state }]
          : [];
      }),
      skipped: done.flatMap((one) =>
        one.reason === undefined ? [] : [{ ...viewOf(one, refOf), reason: one.reason }],
      ),
      problems,
    };
  },
});

/**
 * Entries filed in one transaction: enough that the disk is not waited for with each, few enough that others get their turn within a
 * second. An agent's, of which the gate takes only so many, are filed one by one.
 */
const AT_ONCE = 100;

interface PlannedEntry {
  readonly source: TodoSource;
  readonly entry: TodoEntry;
  readonly proposal: TodoProposal;
  readonly project: Project;
}

type Standing = Pick<Candidate, "id" | "state" | "itemId">;

/** What became of an entry. */
interface Outcome {
  readonly source: TodoPlace;
  readonly entry: Pick<TodoEntry, "line" | "title" | "done">;
  /** Absent for what was filed. */
  readonly reason?: z.output<typeof Skipped>["reason"];
  readonly candidate?: Standing | undefined;
  /** The item that the file names, where it is no candidate's. */
  readonly itemId?: number | undefined;
  /** The next import of the same text need not come to the same. */
  readonly unsure?: boolean;
}

function viewOf({ source, entry, candidate, itemId }: Outcome, refOf: RefOf) {
  const item = candidate?.itemId ?? itemId;
  return {
    file: source.file,
    line: entry.line,
    title: entry.title,
    ...(candidate === undefined ? {} : { candidate: candidateRef(candidate.id), state: candidate.state }),
    item: item === undefined ? undefined : refOf(item),
  };
}

/** All that reading a file depends on, by origin: the reader, the refs it knows, the bytes. */
async function digestsOf(
  { store }: Context,
  places: readonly TodoPlace[],
): Promise<ReadonlyMap<string, string>> {
  const { prefix } = await store.projects.settings();
  const digests = new Map<string, string>();
  for (const { origin, bytes } of places)
    digests.set(origin, `${TODO_READING} ${prefix} ${await sha256(bytes)}`);
  return digests;
}

async function unchangedFiles({ gate }: Store, digests: ReadonlyMap<string, string>) {
  const files = Array.from(digests, ([origin, digest]) => ({ origin, digest }));
  const records = await gate.imported({ system: TODO_SYSTEM, files });
  return new Map(records.map(({ origin, entries }) => [origin, entries]));
}

const recalled = (source: TodoPlace, entry: ImportedEntry): Outcome => ({
  source,
  entry,
  reason: entry.done ? "done" : "known",
  candidate: entry.candidate ?? undefined,
  itemId: entry.itemId ?? undefined,
});

/** Keeps what was made of the files of which the next import will think the same. */
async function keep(
  { store, caller }: Context,
  sources: readonly TodoSource[],
  digests: ReadonlyMap<string, string>,
  outcomes: readonly Outcome[],
): Promise<void> {
  const byOrigin = Map.groupBy(outcomes, ({ source }) => source.origin);
  const sure = new Set(sources.map(({ origin }) => origin));
  for (const { source, reason, unsure } of outcomes)
    if (unsure === true || reason === "duplicate") sure.delete(source.origin);
  const files = Array.from(sure, (origin) => ({
    origin,
    digest: digests.get(origin) ?? "",
    entries: (byOrigin.get(origin) ?? []).map(({ entry: { line, title, done }, candidate, itemId }) => ({
      line,
      title,
      done,
      candidateId: candidate?.id ?? null,
      itemId: itemId ?? null,
    })),
  }));
  if (files.length > 0) await store.gate.keepImported({ by: caller, system: TODO_SYSTEM, files });
}

/** What each entry of the files proposes, and which cannot be proposed. */
function proposalsOf(sources: readonly TodoSource[]) {
  const planned: Omit<PlannedEntry, "project">[] = [];
  const problems: (TodoProblem & { readonly file: string })[] = [];
  for (const source of sources) {
    const { file, refused } = source;
    problems.push(...refused.map((one) => ({ file, ...one })));
    for (const entry of source.entries) {
      const result = todoProposal(source, entry);
      if ("problem" in result) problems.push({ file, ...result.problem });
      else planned.push({ source, entry, proposal: result.proposal });
    }
  }
  return { planned, problems };
}

async function fileAll(
  context: Context,
  entries: readonly PlannedEntry[],
  matches: ReadonlyMap<TodoEntry, EntryMatch>,
): Promise<readonly Outcome[]> {
  const looked = [];
  for (const one of entries) looked.push({ ...one, ...(await knownAs(context, one.entry, matches)) });
  const fresh = looked.filter(
    ({ entry, candidate, itemId }) => !entry.done && candidate === undefined && itemId === undefined,
  );
  const filed = new Map<TodoEntry, Filed>();
  for (const [at, one] of (await propose(context, fresh)).entries()) {
    const entry = fresh[at]?.entry;
    if (entry !== undefined) filed.set(entry, one);
  }
  return looked.map(({ source, entry, candidate, itemId, unsure }): Outcome => {
    const about = { source, entry, unsure };
    if (entry.done) return { ...about, reason: "done", candidate, itemId };
    const now = filed.get(entry);
    if (now === undefined) return { ...about, reason: "known", candidate, itemId };
    return { ...about, candidate: now.candidate, ...(now.filed ? {} : { reason: "duplicate" }) };
  });
}

/** What the store knows of an entry: the candidate of an earlier import, or the item that the file names. */
async function knownAs(
  { store }: Context,
  entry: TodoEntry,
  matches: ReadonlyMap<TodoEntry, EntryMatch>,
): Promise<{ candidate?: Standing; itemId?: number; unsure: boolean }> {
  const { candidate, unsure = false } = matches.get(entry) ?? {};
  const named = entry.ref === undefined ? undefined : await findItem(store, entry.ref);
  if (candidate !== undefined && (named === undefined || named === candidate.itemId))
    return { candidate, unsure };
  return named === undefined ? { unsure } : { itemId: named, unsure };
}

type Filed = Awaited<ReturnType<Store["gate"]["proposeAll"]>>[number];

/** Files proposals; a rule that a person wrote may approve one at once, and is named as who did. */
async function propose(
  { store, caller }: Context,
  entries: readonly PlannedEntry[],
): Promise<readonly Filed[]> {
  if (entries.length === 0) return [];
  const proposals = await Promise.all(
    entries.map(async ({ proposal, project: { id } }) => ({
      ...proposal,
      projectId: id,
      fingerprint: await fingerprint(id, proposal.title, proposal.spec),
    })),
  );
  const filed: Filed[] = [];
  for (const [at, one] of (await store.gate.proposeAll({ by: caller, proposals })).entries()) {
    const rule = one.filed ? ruleFor(entries[at]?.project, one.candidate) : undefined;
    if (rule === undefined) filed.push(one);
    else {
      const { id } = one.candidate;
      const policy = `${rule.name}@${rule.version}`;
      const approved = await store.gate.approve({ by: caller, id, lane: rule.lane, policy });
      filed.push({ candidate: approved.candidate, filed: true });
    }
  }
  return filed;
}

const ruleFor = (project: Project | undefined, { source, wishes }: Candidate) =>
  project?.policy.approve?.find(
    (rule) =>
      (rule.source === undefined || rule.source === source) &&
      (rule.label === undefined || wishes.labels?.includes(rule.label) === true),
  );
