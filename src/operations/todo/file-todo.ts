import { z } from "zod";
import { isClosed } from "#domain/item/lifecycle.ts";
import { candidateRef } from "#domain/ref.ts";
import type { Context } from "#operations/context.ts";
import { fingerprint } from "#operations/gate/file-candidate.ts";
import { HALF, Host } from "#operations/half.ts";
import { findItem, refWriter, type RefOf } from "#operations/item/item-ref.ts";
import { defineOperation } from "#operations/operation.ts";
import { CANDIDATE_STATES, type Candidate, type ImportedFile } from "#operations/ports/store/gate-store.ts";
import type { Project } from "#operations/ports/store/project-store.ts";
import type { Store } from "#operations/ports/store.ts";
import type { TodoEntry } from "#operations/ports/todo-format.ts";
import { ProjectAlias, projectOf } from "#operations/project/project-of.ts";
import { type EntryMatch, matchEntries } from "./match-entries.ts";
import { FilePlace, originOf, originsOf, TODO_SYSTEM, type TodoSource } from "./todo-files.ts";
import { todoProposal, type TodoProposal } from "./todo-proposal.ts";

/** What stands for an entry afterwards. */
const Outcome = z.object({
  line: z.int(),
  title: z.string(),
  /** `done` in the file, `known` from an earlier import, `duplicate` of another proposal; absent for what is new. */
  reason: z.enum(["done", "known", "duplicate"]).optional(),
  candidate: z.string().optional(),
  state: z.enum(CANDIDATE_STATES).optional(),
  item: z.string().optional(),
  /** It says what, and neither how nor when. */
  loose: z.boolean(),
});

const Files = <T extends z.core.$ZodLooseShape>(more: T) => z.array(FilePlace.extend(more)).min(1).max(1_000);
const Digest = z.string().max(200);

export const knownTodo = defineOperation({
  ...HALF,
  name: "todo.known",
  summary: "Show what was imported from TODO.md files.",
  effect: "read",
  input: z.strictObject({
    host: Host,
    /** Number of the rules by which the caller reads files. */
    reading: z.int(),
    files: Files({ digest: Digest }),
  }),
  output: z.object({
    prefix: z.string(),
    files: z.array(
      z.object({
        registered: z.boolean(),
        /** What an import made of these very bytes, and the lines that it left. */
        unchanged: z.object({ outcomes: z.array(Outcome), left: z.int() }).optional(),
      }),
    ),
  }),
  errors: [],
  run: async ({ store }, { host, reading, files }) => {
    const { prefix } = await store.projects.settings();
    const refOf = await refWriter(store);
    const places = await originsOf(store, host, files);
    const records = await recordsOf(store, places);
    return {
      prefix,
      files: files.map(({ digest }, at) => {
        const place = places[at] ?? { repo: undefined, origins: [] };
        const record = records.get(originOf(place));
        const isSame = record?.digest === digestOf(reading, prefix, digest);
        return {
          registered: place.repo !== undefined,
          ...(isSame ? { unchanged: recalled(record, refOf) } : {}),
        };
      }),
    };
  },
});

const Entry: z.ZodType<TodoEntry> = z.object({
  key: z.string().max(500),
  ref: z.string().max(40).exactOptional(),
  title: z.string(),
  spec: z.object({
    problem: z.string().exactOptional(),
    trigger: z.string().exactOptional(),
    steps: z.array(z.object({ text: z.string(), optional: z.boolean() })),
    risks: z.array(z.string()),
    why: z.string().exactOptional(),
    acceptance: z.array(z.string()),
    body: z.string().exactOptional(),
  }),
  groups: z.array(z.string()),
  statusWord: z
    .enum(["open", "doing", "blocked", "review", "deferred", "done", "dropped", "unknown"])
    .exactOptional(),
  capturedOn: z.string().max(10).exactOptional(),
  done: z.boolean(),
  line: z.int(),
  endLine: z.int(),
  source: z.string(),
});
export const Entries = z.array(Entry).max(100_000);

/** An open item whose entry says otherwise. */
const Closing = z.object({
  item: z.string(),
  title: z.string(),
  how: z.enum(["ticked", "removed"]),
  /** Of the ticked entry. */
  line: z.int().optional(),
});

export const fileTodo = defineOperation({
  ...HALF,
  name: "todo.file",
  summary: "File the open items of TODO.md files at the gate.",
  description:
    "All in one transaction; an agent's one by one, because the gate accepts a limited number from it.",
  effect: "write",
  input: z.strictObject({
    host: Host,
    reading: z.int(),
    project: ProjectAlias.optional(),
    /** Only say what would be filed. */
    dryRun: z.boolean().default(false),
    files: Files({
      digest: Digest,
      entries: Entries,
      /** Lines that belong to no entry. */
      left: z.int(),
      /** Whether every entry was taken: else it is read again, so that what was left out is said again. */
      whole: z.boolean(),
    }),
  }),
  output: z.object({
    files: z.array(
      z.object({
        outcomes: z.array(Outcome),
        problems: z.array(z.object({ line: z.int(), message: z.string() })),
        closing: z.array(Closing),
      }),
    ),
  }),
  errors: ["not_found", "limited"],
  run: async (context, input) => {
    const { store, caller } = context;
    const places = await originsOf(store, input.host, input.files);
    const sources = input.files.map((file, at) => ({ ...(places[at] ?? NOWHERE), ...file }));
    const records = await recordsOf(store, sources);
    const matches = await matchEntries(store, sources);
    const planned: PlannedEntry[] = [];
    const problems = new Map<TodoSource, { line: number; message: string }[]>();
    for (const source of sources) {
      const project = await projectOf(context, input.project ?? context.project ?? source.repo?.project);
      for (const entry of source.entries) {
        const result = todoProposal(source, entry);
        if ("proposal" in result) planned.push({ source, entry, project, proposal: result.proposal });
        else problems.set(source, [...(problems.get(source) ?? []), result.problem]);
      }
    }
    const outcomes: FiledEntry[] = [];
    const parts = caller.authority === "agent" ? planned.map((one) => [one]) : [planned];
    for (const part of parts)
      outcomes.push(
        ...(await store.transaction((own) =>
          fileAll({ ...context, store: own }, part, matches, input.dryRun),
        )),
      );
    const refOf = await refWriter(store);
    const bySource = Map.groupBy(outcomes, ({ source }) => source);
    const answers = [];
    const kept = [];
    const { prefix } = await store.projects.settings();
    for (const source of sources) {
      const own = bySource.get(source) ?? [];
      const closing = await closingsOf(store, own, records.get(originOf(source)), refOf);
      const refused = problems.get(source) ?? [];
      answers.push({ outcomes: own.map((one) => viewOf(one, refOf)), problems: refused, closing });
      const isSettled = source.whole && refused.length + closing.length === 0 && own.every(isSure);
      if (isSettled) kept.push(recordOf(source, own, digestOf(input.reading, prefix, source.digest)));
    }
    if (kept.length > 0 && !input.dryRun)
      await store.gate.keepImported({ by: caller, system: TODO_SYSTEM, files: kept });
    return { files: answers };
  },
});

const NOWHERE: Omit<TodoSource, "entries"> = { repo: undefined, origins: [] };

interface PlannedEntry {
  readonly source: TodoSource;
  readonly entry: TodoEntry;
  readonly proposal: TodoProposal;
  readonly project: Project;
}

interface FiledEntry {
  readonly source: TodoSource;
  readonly entry: Pick<TodoEntry, "line" | "title" | "done"> & Partial<TodoEntry>;
  readonly reason?: z.output<typeof Outcome>["reason"];
  readonly candidate?: Pick<Candidate, "id" | "state" | "itemId"> | undefined;
  /** The item that the file names, where it is no candidate's. */
  readonly itemId?: number | undefined;
  /** The next import of the same text need not come to the same. */
  readonly unsure?: boolean;
}

/** All that reading a file depends on: the reader, the refs it knows, the bytes. */
const digestOf = (reading: number, prefix: string, digest: string): string =>
  `${reading} ${prefix} ${digest}`;

const isSure = ({ reason, unsure }: FiledEntry): boolean => unsure !== true && reason !== "duplicate";

async function recordsOf({ gate }: Store, places: readonly Pick<TodoSource, "origins">[]) {
  const records = await gate.imported({ system: TODO_SYSTEM, origins: places.map(originOf) });
  return new Map(records.map((record) => [record.origin, record]));
}

function recordOf(
  source: TodoSource & { readonly left: number },
  filed: readonly FiledEntry[],
  digest: string,
) {
  const entries = filed.map(({ entry: { line, title, done, spec }, candidate, itemId }) => ({
    line,
    title,
    done,
    loose: isLoose(spec),
    candidateId: candidate?.id ?? null,
    itemId: itemId ?? null,
  }));
  return { origin: originOf(source), digest, left: source.left, entries };
}

function recalled({ entries, left }: ImportedFile, refOf: RefOf) {
  const outcomes = entries.map(({ candidate, itemId, loose, ...entry }) => ({
    ...viewOf(
      {
        source: { ...NOWHERE, entries: [] },
        entry,
        reason: entry.done ? "done" : "known",
        candidate: candidate ?? undefined,
        itemId: itemId ?? undefined,
      },
      refOf,
    ),
    loose,
  }));
  return { outcomes, left };
}

function viewOf({ entry, reason, candidate, itemId }: FiledEntry, refOf: RefOf) {
  const item = candidate?.itemId ?? itemId;
  return {
    line: entry.line,
    title: entry.title,
    ...(reason === undefined ? {} : { reason }),
    ...(candidate === undefined ? {} : { candidate: candidateRef(candidate.id), state: candidate.state }),
    ...(item === undefined ? {} : { item: refOf(item) }),
    loose: isLoose(entry.spec),
  };
}

const isLoose = (spec: TodoEntry["spec"] | undefined): boolean =>
  spec !== undefined && spec.trigger === undefined && spec.problem === undefined && spec.steps.length === 0;

async function fileAll(
  context: Context,
  entries: readonly PlannedEntry[],
  matches: ReadonlyMap<TodoEntry, EntryMatch>,
  dryRun: boolean,
): Promise<readonly FiledEntry[]> {
  const looked = [];
  for (const one of entries) looked.push({ ...one, ...(await knownAs(context.store, one.entry, matches)) });
  const fresh = looked.filter(
    ({ entry, candidate, itemId }) => !entry.done && candidate === undefined && itemId === undefined,
  );
  const filed = new Map<TodoEntry, Filed>();
  if (!dryRun)
    for (const [at, one] of (await propose(context, fresh)).entries()) {
      const entry = fresh[at]?.entry;
      if (entry !== undefined) filed.set(entry, one);
    }
  return looked.map((one): FiledEntry => {
    const { source, entry, candidate, itemId, unsure } = one;
    const about = { source, entry, unsure };
    if (entry.done) return { ...about, reason: "done", candidate, itemId };
    if (!fresh.includes(one)) return { ...about, reason: "known", candidate, itemId };
    const now = filed.get(entry);
    return { ...about, candidate: now?.candidate, ...(now?.filed === false ? { reason: "duplicate" } : {}) };
  });
}

/** What the store knows of an entry: the candidate of an earlier import, or the item that the file names. */
async function knownAs(
  store: Store,
  entry: TodoEntry,
  matches: ReadonlyMap<TodoEntry, EntryMatch>,
): Promise<Pick<FiledEntry, "candidate" | "itemId"> & { readonly unsure: boolean }> {
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
  const filed: Filed[] = [];
  for (let from = 0; from < entries.length; from += AT_ONCE) {
    const part = entries.slice(from, from + AT_ONCE);
    const proposals = await Promise.all(
      part.map(async ({ proposal, project: { id } }) => ({
        ...proposal,
        projectId: id,
        fingerprint: await fingerprint(id, proposal.title, proposal.spec),
      })),
    );
    for (const [at, one] of (await store.gate.proposeAll({ by: caller, proposals })).entries()) {
      const rule = one.filed ? ruleFor(part[at]?.project, one.candidate) : undefined;
      if (rule === undefined) filed.push(one);
      else {
        const { id } = one.candidate;
        const policy = `${rule.name}@${rule.version}`;
        const approved = await store.gate.approve({ by: caller, id, lane: rule.lane, policy });
        filed.push({ candidate: approved.candidate, filed: true });
      }
    }
  }
  return filed;
}

/** Proposals that one statement takes. */
const AT_ONCE = 100;

const ruleFor = (project: Project | undefined, { source, wishes }: Candidate) =>
  project?.policy.approve?.find(
    (rule) =>
      (rule.source === undefined || rule.source === source) &&
      (rule.label === undefined || wishes.labels?.includes(rule.label) === true),
  );

/** Open items whose entries a person ticked or took out of the file. */
async function closingsOf(
  store: Store,
  filed: readonly FiledEntry[],
  record: ImportedFile | undefined,
  refOf: RefOf,
): Promise<z.output<typeof Closing>[]> {
  const found: z.output<typeof Closing>[] = [];
  const isOpen = async (id: number) => !isClosed((await store.items.get({ id })).item.state);
  const standing = new Set<number>();
  for (const { entry, candidate, itemId } of filed) {
    const id = candidate?.itemId ?? itemId;
    if (id === undefined) continue;
    standing.add(id);
    if (entry.done && (await isOpen(id)))
      found.push({ item: refOf(id), title: entry.title, how: "ticked", line: entry.line });
  }
  for (const { title, candidate, itemId } of record?.entries ?? []) {
    const id = candidate?.itemId ?? itemId;
    if (id === null || standing.has(id) || !(await isOpen(id))) continue;
    found.push({ item: refOf(id), title, how: "removed" });
  }
  return found;
}
