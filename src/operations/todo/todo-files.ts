import { z } from "zod";
import { SluiceError } from "#domain/errors.ts";
import { sha256 } from "#domain/text/sha256.ts";
import type { Context } from "#operations/context.ts";
import type { Repo } from "#operations/ports/store/project-store.ts";
import type { Store } from "#operations/ports/store.ts";
import type { TodoEntry, TodoFile } from "#operations/ports/todo-format.ts";

export const TodoFiles = z
  .array(z.string().min(1).max(4096))
  .min(1)
  .max(1_000)
  .describe("TODO.md files")
  .meta({ flag: "file" });

/** The name under which the gate knows items of TODO.md files. */
export const TODO_SYSTEM = "todo-md";
/** Longest external key that the gate takes. */
const MAX_KEY = 500;

/** Where a file is on its own machine. */
export const FilePlace = z.object({
  path: z.string().max(4096),
  /** Of the repository around it. */
  commonDir: z.string().max(4096).optional(),
  /** Below the repository's top. */
  inside: z.string().max(4096).optional(),
  /** Commits without parents, where the repository is not registered. */
  roots: z.array(z.string().max(64)).max(100).default([]),
});
type FilePlace = z.output<typeof FilePlace>;

/** A file at the caller's place. */
export interface CallerFile extends FilePlace {
  /** As the caller gave it. */
  readonly file: string;
  readonly bytes: Uint8Array;
  /** sha256 hex of the bytes. */
  readonly digest: string;
}

/** A file and its items, as the workspace sees them. */
export interface TodoSource {
  /** The registered repository that holds it. */
  readonly repo: Repo | undefined;
  /** First halves of its external keys: the present one, then those it may have had before its repository was registered. */
  readonly origins: readonly string[];
  readonly entries: readonly TodoEntry[];
}

export const externalKey = (origin: string, key: string): string => `${origin}#${key}`.slice(-MAX_KEY);

/** The name of a file that is the same in every worktree, and in every clone and on every host where its repository is registered. */
export const originOf = ({ origins }: Pick<TodoSource, "origins">): string => origins[0] ?? "";

export async function readFiles(context: Context, given: readonly string[]): Promise<readonly CallerFile[]> {
  const { files } = context;
  const named = Array.from(new Set(given), (file) => ({ file, path: files.resolve(file) }));
  const folders = Array.from(new Set(named.map(({ path }) => folderOf(path))));
  const git = await context.git();
  const found = new Map((await git.places({ folders })).map((place, at) => [folders[at], place]));
  const read: CallerFile[] = [];
  for (const { file, path } of named) {
    const { commonDir, topLevel } = found.get(folderOf(path)) ?? {};
    const isInside = topLevel !== undefined && path.startsWith(`${topLevel}/`);
    const inside = isInside ? path.slice(topLevel.length + 1) : undefined;
    const bytes = await files.read(path);
    read.push({ file, path, commonDir, inside, roots: [], bytes, digest: await sha256(bytes) });
  }
  return read;
}

const folderOf = (path: string): string => path.slice(0, path.lastIndexOf("/")) || "/";

/** The files with the root commits of those repositories that the workspace does not know by their place. */
export async function withRoots(
  context: Context,
  files: readonly CallerFile[],
  isRegistered: (at: number) => boolean,
): Promise<readonly CallerFile[]> {
  const git = await context.git();
  const roots = new Map<string, readonly string[]>();
  for (const [at, { commonDir, path }] of files.entries()) {
    if (commonDir === undefined || isRegistered(at) || roots.has(commonDir)) continue;
    roots.set(commonDir, (await git.inspect({ path: folderOf(path) })).rootCommits.slice(0, 100));
  }
  return files.map((file) => ({ ...file, roots: [...(roots.get(file.commonDir ?? "") ?? [])] }));
}

/** The repositories and origins of files. A clone that is not registered counts as the only registered repository with its root. */
export async function originsOf(
  store: Store,
  host: string,
  files: readonly FilePlace[],
): Promise<readonly Omit<TodoSource, "entries">[]> {
  const byPlace = new Map<string, Repo | undefined>();
  for (const { commonDir, roots } of files)
    if (commonDir !== undefined && !byPlace.has(commonDir))
      byPlace.set(
        commonDir,
        (await store.projects.repoAt({ host, commonDir })) ?? (await repoOfRoots(store, host, roots)),
      );
  return files.map(({ commonDir = "", path, inside, roots }) => {
    const repo = inside === undefined ? undefined : byPlace.get(commonDir);
    const root = repo?.rootCommit ?? roots[0];
    return {
      repo,
      origins: [
        ...(repo === undefined ? [] : [`${repo.alias}:${inside}`]),
        ...(root === undefined || inside === undefined ? [] : [`git:${root}:${inside}`]),
        `file:${path}`,
      ],
    };
  });
}

async function repoOfRoots(store: Store, host: string, roots: readonly string[]): Promise<Repo | undefined> {
  if (roots.length === 0) return undefined;
  const own = (await store.projects.repos({ host })).filter(({ rootCommit }) =>
    roots.includes(rootCommit ?? ""),
  );
  return own.length === 1 ? own[0] : undefined;
}

/** Refuses with `invalid` where a file cannot be read; every problem is in the details, by file and line. */
export function requireReadable(files: readonly (TodoFile & { readonly file: string })[]): void {
  const problems = files.flatMap(({ file, problems: own }) => own.map((one) => ({ file, ...one })));
  const [first] = problems;
  if (first === undefined) return;
  const more = problems.length === 1 ? "" : ` (and ${problems.length - 1} more)`;
  throw new SluiceError("invalid", `${first.file}:${first.line}: ${first.message}${more}`, {
    hint: "Nothing was imported or written. See all with: sluice todo check FILE",
    details: { problems },
  });
}
