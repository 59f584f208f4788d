import { z } from "zod";
import { candidateRef } from "#domain/ref.ts";
import type { Context } from "#operations/context.ts";
import { fingerprint } from "#operations/gate/fingerprint.ts";
import { findItem } from "#operations/item/find-item.ts";
import { refWriter, type RefOf } from "#operations/item/item-ref.ts";
import { defineOperation } from "#operations/operation.ts";
import { CANDIDATE_STATES, type Candidate } from "#operations/ports/store/gate-store.ts";
import type { Project } from "#operations/ports/store/project-store.ts";
import type { TodoEntry } from "#operations/ports/todo-format.ts";
import { ProjectAlias, projectOf } from "#operations/project/project-of.ts";
import {
  externalKey,
  readTodoFiles,
  refuseProblems,
  TODO_SYSTEM,
  TodoFiles,
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
    const imported = [];
    const skipped = [];
    for (const { source, entry, result } of planned) {
      if ("problem" in result) continue;
      const projectAlias = input.project ?? context.project ?? source.repo?.project;
      const project = await projectOf(context, projectAlias);
      const place = { file: source.file, line: entry.line, title: entry.title };
      const before = await knownAs(context, entry, known.get(externalKey(source, entry)), refOf);
      if (entry.done) skipped.push({ ...place, reason: "done" as const, ...before });
      else if (before !== undefined) skipped.push({ ...place, reason: "known" as const, ...before });
      else {
        const { candidate, filed } = await file(context, project, result.proposal);
        const about = aboutCandidate(candidate, refOf);
        if (filed) imported.push({ ...place, ...about });
        else skipped.push({ ...place, reason: "duplicate" as const, ...about });
      }
    }
    return { imported, skipped, problems: [] };
  },
});

const plan = (source: TodoSource, entry: TodoEntry) => ({
  source,
  entry,
  result: todoProposal(source, entry),
});

async function knownCandidates({ store }: Context, sources: readonly TodoSource[]) {
  const keys = sources.flatMap((source) => source.entries.map((entry) => externalKey(source, entry)));
  const found = await store.gate.known({ system: TODO_SYSTEM, keys });
  return new Map(found.map((candidate) => [candidate.external?.key ?? "", candidate]));
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
  if (candidate !== undefined) return aboutCandidate(candidate, refOf);
  if (entry.ref === undefined) return undefined;
  const id = await findItem(store, entry.ref);
  return id === undefined ? undefined : { item: refOf(id) };
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
