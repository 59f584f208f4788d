import { z } from "zod";
import type { Context } from "#operations/context.ts";
import { ask } from "#operations/half.ts";
import { defineOperation } from "#operations/operation.ts";
import { CANDIDATE_STATES } from "#operations/ports/store/gate-store.ts";
import { TODO_READING, type TodoFile } from "#operations/ports/todo-format.ts";
import { ProjectAlias } from "#operations/project/project-of.ts";
import { fileTodo, knownTodo } from "./file-todo.ts";
import { type CallerFile, readFiles, requireReadable, TodoFiles, withRoots } from "./todo-files.ts";

const At = { file: z.string(), line: z.int() };

const Imported = z.object({
  ...At,
  title: z.string(),
  /** Absent in a dry run. */
  candidate: z.string().optional(),
  state: z.enum(CANDIDATE_STATES).optional(),
  item: z.string().optional(),
});

const Skipped = Imported.extend({
  /** `done` in the file, `known` from an earlier import, `duplicate` of another proposal. */
  reason: z.enum(["done", "known", "duplicate"]),
});

/** An open item whose entry was ticked or taken out of its file: a person closes it, with the commit that did it. */
const Closing = z.object({
  file: z.string(),
  line: z.int().optional(),
  item: z.string(),
  title: z.string(),
  how: z.enum(["ticked", "removed"]),
  commit: z.string().optional(),
});

const Counts = z.object({
  files: z.int(),
  /** Of them not read again, since nothing in them changed. */
  unchanged: z.int(),
  imported: z.int(),
  known: z.int(),
  done: z.int(),
  duplicate: z.int(),
  /** Entries that could not be taken. */
  refused: z.int(),
  /** Imported entries that say what, and neither how nor when: someone has to look before an agent can. */
  loose: z.int(),
  /** Lines that belong to no entry. */
  lines_left: z.int(),
});

/** What was made of a file's headings and of the lines that are no entry's. */
const Outline = z.object({
  file: z.string(),
  sections: z.array(
    z.object({ line: z.int(), depth: z.int(), heading: z.string(), shape: z.string(), entries: z.int() }),
  ),
  left: z.array(z.object({ line: z.int(), end_line: z.int(), text: z.string() })),
});

export const importTodo = defineOperation({
  name: "todo.import",
  summary: "File the open items of TODO.md files at the gate.",
  description:
    "Every file must be readable, or nothing is imported; an entry that cannot be imported is left out and named. Importing again files only what is new. A project's approval rules apply. An open item whose entry was ticked or removed is named, with the commit to close it by.",
  effect: "write",
  authority: "work",
  toolset: "operator",
  place: "caller",
  input: z.strictObject({
    files: TodoFiles,
    project: ProjectAlias.optional(),
    dryRun: z.boolean().optional().describe("Only show what was found in the files, as a tree"),
  }),
  output: z.object({
    imported: z.array(Imported),
    skipped: z.array(Skipped),
    problems: z.array(z.object({ ...At, message: z.string() })),
    closing: z.array(Closing),
    counts: Counts,
    /** In a dry run. */
    outlines: z.array(Outline).optional(),
  }),
  errors: ["not_found", "limited"],
  positional: ["files"],
  examples: [
    { command: "sluice todo import TODO.md", does: "Propose what the file says is open" },
    { command: "sluice todo import --dry-run TODO.md", does: "See what it finds, and what it leaves out" },
  ],
  run: async (context, { files: given, project, dryRun = false }) => {
    const { files, known, prefix } = await knownFiles(context, given);
    const isRead = (at: number) => dryRun || known[at]?.unchanged === undefined;
    const changed: ReadFile[] = [];
    for (const [at, file] of files.entries())
      if (isRead(at)) changed.push({ ...file, ...(await context.todo()).read(file.bytes, [prefix]) });
    requireReadable(changed);
    const filed = new Map<string, FiledFile>();
    const total = changed.reduce((sum, { entries }) => sum + entries.length, 0);
    let done = 0;
    for (const part of batches(changed)) {
      const answer = await ask(context, fileTodo, {
        host: context.caller.host,
        reading: TODO_READING,
        project: project ?? context.project,
        dryRun,
        files: part.map(wireOf),
      });
      for (const [at, file] of part.entries()) {
        const one = answer.files[at];
        if (one !== undefined) filed.set(file.path, one);
        done += file.entries.length;
      }
      context.progress?.(`${done} of ${total} items`);
    }
    const read = new Map(changed.map((file) => [file.path, file]));
    const results = files.map((file, at) =>
      resultOf(file, read.get(file.path), filed.get(file.path), known[at]),
    );
    const closing = [];
    for (const { file, closing: own } of results)
      for (const one of own)
        closing.push({ ...one, file: file.file, ...(await commitOf(context, file, one)) });
    return {
      ...listsOf(results),
      closing,
      ...(dryRun ? { outlines: changed.map(outlineOf) } : {}),
    };
  },
});

type FiledFile = z.input<(typeof fileTodo)["output"]>["files"][number];
type KnownFile = z.input<(typeof knownTodo)["output"]>["files"][number];
type ReadFile = CallerFile & TodoFile;

/** Entries filed in one call: enough that the disk is not waited for with each, few enough that others get their turn within a second. */
const AT_ONCE = 100;

export async function knownFiles(context: Context, given: readonly string[]) {
  const look = async (files: readonly CallerFile[]) => {
    const { host } = context.caller;
    const places = files.map(({ path, commonDir, inside, roots, digest }) => {
      return { path, commonDir, inside, roots, digest };
    });
    const asked = { host, reading: TODO_READING, files: places };
    const { prefix, files: known } = await ask(context, knownTodo, asked);
    return { files, known, prefix };
  };
  const first = await look(await readFiles(context, given));
  const isRegistered = (at: number) => first.known[at]?.registered === true;
  if (first.files.every(({ commonDir }, at) => commonDir === undefined || isRegistered(at))) return first;
  return await look(await withRoots(context, first.files, isRegistered));
}

/** Whole files, as many as hold a hundred entries; a file with more stands alone. */
function batches(files: readonly ReadFile[]): readonly (readonly ReadFile[])[] {
  const all: ReadFile[][] = [];
  let size = Infinity;
  for (const file of files) {
    size += file.entries.length;
    if (size > AT_ONCE) {
      all.push([]);
      size = file.entries.length;
    }
    all.at(-1)?.push(file);
  }
  return all;
}

function wireOf({ path, commonDir, inside, roots, digest, entries, left, refused }: ReadFile) {
  const place = { path, commonDir, inside, roots, digest };
  return { ...place, entries: [...entries], left: linesOf(left), whole: refused.length === 0 };
}

const linesOf = (left: TodoFile["left"]): number =>
  left.reduce((sum, { line, endLine }) => sum + endLine - line + 1, 0);

function resultOf(
  file: CallerFile,
  read: ReadFile | undefined,
  filed: FiledFile | undefined,
  known: KnownFile | undefined,
) {
  const { outcomes = [], problems = [], closing = [] } = filed ?? {};
  if (read === undefined)
    return { file, isRead: false, outcomes: [], problems: [], closing: [], left: 0, ...known?.unchanged };
  return {
    file,
    isRead: true,
    outcomes,
    closing,
    problems: [...read.refused, ...problems],
    left: linesOf(read.left),
  };
}

function listsOf(results: readonly ReturnType<typeof resultOf>[]) {
  const all = results.flatMap(({ file: { file }, outcomes }) => outcomes.map((one) => ({ file, ...one })));
  const viewOf = ({ file, line, title, candidate, state, item }: (typeof all)[number]) => {
    return { file, line, title, candidate, state, item };
  };
  const imported = all.flatMap((one) => (one.reason === undefined ? [viewOf(one)] : []));
  const skipped = all.flatMap((one) =>
    one.reason === undefined ? [] : [{ ...viewOf(one), reason: one.reason }],
  );
  const problems = results.flatMap(({ file: { file }, problems: own }) =>
    own.map(({ line, message }) => ({ file, line, message })),
  );
  const of = (reason: string) => skipped.filter((one) => one.reason === reason).length;
  const counts = {
    files: results.length,
    unchanged: results.filter(({ isRead }) => !isRead).length,
    imported: imported.length,
    known: of("known"),
    done: of("done"),
    duplicate: of("duplicate"),
    refused: problems.length,
    loose: all.filter(({ loose, reason }) => loose && reason === undefined).length,
    lines_left: results.reduce((sum, { left }) => sum + left, 0),
  };
  return { imported, skipped, problems, counts };
}

const outlineOf = ({ file, sections, left }: ReadFile) => ({
  file,
  sections: sections.map(({ line, depth, heading, shape, entries }) => ({
    line,
    depth,
    heading,
    shape,
    entries,
  })),
  left: left.map(({ line, endLine, text }) => ({ line, end_line: endLine, text })),
});

/** The commit that ticked an entry or took it out of its file; none where that is not committed. */
async function commitOf(
  context: Context,
  { commonDir, inside, bytes }: CallerFile,
  { how, title, line }: FiledFile["closing"][number],
) {
  if (commonDir === undefined || inside === undefined) return {};
  const git = await context.git();
  const ticked = new TextDecoder().decode(bytes).split(/\r\n|\n|\r/)[(line ?? 0) - 1];
  const text = how === "ticked" ? (ticked ?? title) : title;
  const commit = await git.lastChange({ repo: commonDir, path: inside, text, stands: how === "ticked" });
  return commit === undefined ? {} : { commit };
}
