import { z } from "zod";
import { SluiceError } from "#domain/errors.ts";
import type { Context } from "#operations/context.ts";
import type { Repo } from "#operations/ports/store/project-store.ts";
import type { TodoEntry, TodoProblem } from "#operations/ports/todo-format.ts";

export const TodoFiles = z
  .array(z.string().min(1).max(4096))
  .min(1)
  .max(1_000)
  .describe("TODO.md files")
  .meta({ flag: "file" });

/** A file that was read, and where its items come from. */
export interface TodoSource {
  /** As the caller gave it. */
  readonly file: string;
  readonly path: string;
  readonly bytes: Uint8Array;
  readonly entries: readonly TodoEntry[];
  readonly problems: readonly TodoProblem[];
  /** The registered repository that holds it. */
  readonly repo: Repo | undefined;
  /** First half of the external key: the same in every worktree and on every host, where the repository is registered. */
  readonly origin: string;
}

/** The name under which the gate knows items of TODO.md files. */
export const TODO_SYSTEM = "todo-md";
/** Longest external key that the gate takes. */
const MAX_KEY = 500;

export const externalKey = (source: TodoSource, entry: Pick<TodoEntry, "key">): string =>
  `${source.origin}#${entry.key}`.slice(-MAX_KEY);

export async function readTodoFiles(context: Context, given: readonly string[]): Promise<TodoSource[]> {
  const { store, files } = context;
  const { prefix } = await store.projects.settings();
  const format = await context.todo();
  const sources = [];
  for (const file of new Set(given)) {
    const path = files.resolve(file);
    const bytes = await files.read(path);
    const { entries, problems } = format.read(bytes, [prefix]);
    sources.push({ file, path, bytes, entries, problems, ...(await originOf(context, path)) });
  }
  return sources;
}

async function originOf(context: Context, path: string): Promise<Pick<TodoSource, "repo" | "origin">> {
  const { store, caller } = context;
  const git = await context.git();
  const folder = path.slice(0, path.lastIndexOf("/")) || "/";
  try {
    const { commonDir, topLevel } = await git.inspect({ path: folder });
    const repo = await store.projects.repoAt({ host: caller.host, commonDir });
    if (repo !== undefined && topLevel !== undefined && path.startsWith(`${topLevel}/`))
      return { repo, origin: `${repo.alias}:${path.slice(topLevel.length + 1)}` };
    return { repo, origin: `file:${path}` };
  } catch (error) {
    if (error instanceof SluiceError && ["invalid", "not_found", "denied"].includes(error.code))
      return { repo: undefined, origin: `file:${path}` };
    throw error;
  }
}

/** Refuses with `invalid` when one file cannot be understood; every problem is in the details, by file and line. */
export function refuseProblems(problems: readonly (TodoProblem & { readonly file: string })[]): void {
  const [first] = problems;
  if (first === undefined) return;
  const more = problems.length === 1 ? "" : ` (and ${problems.length - 1} more)`;
  throw new SluiceError("invalid", `${first.file}:${first.line}: ${first.message}${more}`, {
    hint: "Nothing was imported. See all with: sluice todo check FILE",
    details: { problems },
  });
}
