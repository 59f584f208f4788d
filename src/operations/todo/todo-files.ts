import { z } from "zod";
import { SluiceError } from "#domain/errors.ts";
import type { Context } from "#operations/context.ts";
import type { Repo } from "#operations/ports/store/project-store.ts";
import type { TodoFile, TodoProblem } from "#operations/ports/todo-format.ts";

export const TodoFiles = z
  .array(z.string().min(1).max(4096))
  .min(1)
  .max(1_000)
  .describe("TODO.md files")
  .meta({ flag: "file" });

/** A file, and where its items come from. */
export interface TodoPlace {
  /** As the caller gave it. */
  readonly file: string;
  readonly path: string;
  readonly bytes: Uint8Array;
  /** The registered repository that holds it. */
  readonly repo: Repo | undefined;
  /** First half of the external key: the same in every worktree and on every host, where the repository is registered. */
  readonly origin: string;
}

/** A file that was read. */
export interface TodoSource extends TodoPlace, TodoFile {}

/** The name under which the gate knows items of TODO.md files. */
export const TODO_SYSTEM = "todo-md";
/** Longest external key that the gate takes. */
const MAX_KEY = 500;

export const externalKey = (source: TodoSource, entry: { readonly key: string }): string =>
  `${source.origin}#${entry.key}`.slice(-MAX_KEY);

export async function findTodoFiles(context: Context, given: readonly string[]): Promise<TodoPlace[]> {
  const { store, files, caller } = context;
  const named = Array.from(new Set(given), (file) => ({ file, path: files.resolve(file) }));
  const folders = Array.from(new Set(named.map(({ path }) => folderOf(path))));
  const git = await context.git();
  const found = new Map((await git.places({ folders })).map((place, at) => [folders[at], place]));
  const commonDirs = new Set(Array.from(found.values(), (place) => place?.commonDir));
  const repos = new Map<string, Repo | undefined>();
  for (const commonDir of commonDirs)
    if (commonDir !== undefined)
      repos.set(commonDir, await store.projects.repoAt({ host: caller.host, commonDir }));
  const places = [];
  for (const { file, path } of named) {
    const { commonDir = "", topLevel } = found.get(folderOf(path)) ?? {};
    const repo = repos.get(commonDir);
    const isInside = repo !== undefined && topLevel !== undefined && path.startsWith(`${topLevel}/`);
    const origin = isInside ? `${repo.alias}:${path.slice(topLevel.length + 1)}` : `file:${path}`;
    places.push({ file, path, bytes: await files.read(path), repo, origin });
  }
  return places;
}

const folderOf = (path: string): string => path.slice(0, path.lastIndexOf("/")) || "/";

export async function readTodoFiles(
  context: Context,
  places: readonly TodoPlace[],
): Promise<readonly TodoSource[]> {
  if (places.length === 0) return [];
  const { prefix } = await context.store.projects.settings();
  const format = await context.todo();
  const sources = places.map((place) => ({ ...place, ...format.read(place.bytes, [prefix]) }));
  refuseProblems(sources.flatMap(({ file, problems }) => problems.map((problem) => ({ file, ...problem }))));
  return sources;
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
