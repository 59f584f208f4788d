import { z } from "zod";
import { candidateRef } from "#domain/ref.ts";
import type { Context } from "#operations/context.ts";
import { fingerprint } from "#operations/gate/file-candidate.ts";
import { findItem, refWriter, type RefOf } from "#operations/item/item-ref.ts";
import { defineOperation } from "#operations/operation.ts";
import { CANDIDATE_STATES, type Candidate } from "#operations/ports/store/gate-store.ts";
import type { Project } from "#operations/ports/store/project-store.ts";
import type { TodoEntry } from "#operations/ports/todo-format.ts";
import { ProjectAlias, projectOf } from "#operations/project/project-of.ts";
import { matchEntries } from "./match-entries.ts";
import { readTodoFiles, refuseProblems, TodoFiles, type TodoSource } from "./todo-files.ts";
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
    "All files must be understood, or nothing is imported. Importing again files only what is new. A project's approval rules apply.",
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
    const sources = await readTodoFiles(context, input.files);
    refuseProblems(
      sources.flatMap(({ file, problems }) => problems.map((problem) => ({ file, ...problem }))),
    );
    const planned = sources.flatMap((source) => source.entries.map((entry) => plan(source, entry)));
    refuseProblems(
      planned.flatMap(({ source, result }) =>
        "problem" in result ? [{ file: source.file, ...result.problem }] : [],
      ),
    );
    const refOf = await refWriter(context.store);
    const known = await knownCandidates(context, sources);
    const entries = planned.flatMap(({ source, entry, result }) =>
      "problem" in result ? [] : [{ source, entry, proposal: result.proposal }],
    );
    const done: Outcome[] = [];
    const size = context.caller.authority === "agent" ? 1 : AT_ONCE;
    for (let at = 0; at < entries.length; at += size) {
      const part = entries.slice(at, at + size);
      const filed = await context.store.transaction((store) =>
        fileAll({ ...context, store }, part, { project: input.project, known, refOf }),
      );
      done.push(...filed);
      context.progress?.(`${done.length} of ${entries.length} items`);
    }
    return {
      imported: done.flatMap((one) => ("imported" in one ? [one.imported] : [])),
      skipped: done.flatMap((one) => ("skipped" in one ? [one.skipped] : [])),
      problems: [],
    };
  },
});

/**
 * Entries filed in one transaction: enough that the disk is not waited for with each, few enough that others get their turn within a
 * second. An agent's, of which the gate takes only so many, are filed one by one.
 */
const AT_ONCE = 100;

type Outcome =
  | { readonly imported: z.input<typeof Imported> }
  | { readonly skipped: z.input<typeof Skipped> };

interface PlannedEntry {
  readonly source: TodoSource;
  readonly entry: TodoEntry;
  readonly proposal: TodoProposal;
}

interface Import {
  /** Named by the caller. */
  readonly project: string | undefined;
  /** Candidates of earlier imports. */
  readonly known: ReadonlyMap<TodoEntry, Candidate>;
  readonly refOf: RefOf;
}

async function fileAll(
  context: Context,
  entries: readonly PlannedEntry[],
  { project: named, known, refOf }: Import,
): Promise<readonly Outcome[]> {
  const outcomes: Outcome[] = [];
  for (const { source, entry, proposal } of entries) {
    const project = await projectOf(context, named ?? context.project ?? source.repo?.project);
    const place = { file: source.file, line: entry.line, title: entry.title };
    const before = await knownAs(context, entry, known.get(entry), refOf);
    if (entry.done) outcomes.push({ skipped: { ...place, reason: "done", ...before } });
    else if (before !== undefined) outcomes.push({ skipped: { ...place, reason: "known", ...before } });
    else {
      const { candidate, filed } = await file(context, project, proposal);
      const told = { ...place, ...aboutCandidate(candidate, refOf) };
      outcomes.push(filed ? { imported: told } : { skipped: { ...told, reason: "duplicate" } });
    }
  }
  return outcomes;
}

const plan = (source: TodoSource, entry: TodoEntry) => ({
  source,
  entry,
  result: todoProposal(source, entry),
});

async function knownCandidates({ store }: Context, sources: readonly TodoSource[]) {
  const known = new Map<TodoEntry, Candidate>();
  for (const source of sources) {
    const matches = await matchEntries(store, source);
    for (const entry of source.entries) {
      const candidate = matches.get(entry.key)?.candidate;
      if (candidate !== undefined) known.set(entry, candidate);
    }
  }
  return known;
}

function aboutCandidate({ id, state, itemId }: Candidate, refOf: RefOf) {
  return { candidate: candidateRef(id), state, item: itemId === null ? undefined : refOf(itemId) };
}

/** What the store knows of an entry: the candidate of an earlier import, or the item that the file names. */
async function knownAs(
  { store }: Context,
  entry: TodoEntry,
  candidate: Candidate | undefined,
  refOf: RefOf,
): Promise<{ candidate?: string; state?: Candidate["state"]; item?: string | undefined } | undefined> {
  const named = entry.ref === undefined ? undefined : await findItem(store, entry.ref);
  if (candidate !== undefined && (named === undefined || named === candidate.itemId))
    return aboutCandidate(candidate, refOf);
  return named === undefined ? undefined : { item: refOf(named) };
}

/** Files one proposal; a rule that a person wrote may approve it at once, and is named as who did. */
async function file({ store, caller }: Context, project: Project, proposal: TodoProposal) {
  const print = await fingerprint(project.id, proposal.title, proposal.spec);
  const { candidate, filed } = await store.gate.propose({
    by: caller,
    proposal: { ...proposal, projectId: project.id, fingerprint: print },
  });
  if (!filed || candidate.state !== "pending") return { candidate, filed };
  const rule = project.policy.approve?.find(
    ({ source, label }) =>
      (source === undefined || source === candidate.source) &&
      (label === undefined || candidate.wishes.labels?.includes(label) === true),
  );
  if (rule === undefined) return { candidate, filed };
  const policy = `${rule.name}@${rule.version}`;
  const approved = await store.gate.approve({ by: caller, id: candidate.id, lane: rule.lane, policy });
  return { candidate: approved.candidate, filed };
}
