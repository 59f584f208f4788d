import { z } from "zod";
import { SluiceError } from "#domain/errors.ts";
import { findGuardedPaths, FOUND, NONE } from "#domain/guard/guarded-path.ts";
import { Line } from "#domain/text/bounded-text.ts";
import type { Context } from "#operations/context.ts";
import type { GitReading, RepoFacts } from "#operations/ports/git.ts";
import type { Repo } from "#operations/ports/store/project-store.ts";

export const RepoAlias = z.string().max(64).describe("Alias of the repository");
const PathList = z.array(z.string().min(1).max(4096)).max(100).optional();

/** Settings of a repository that both `add` and `edit` take. */
export const REPO_FIELDS = {
  target: z.enum(["local", "remote"]).optional().describe("Where results land; default local"),
  defaultBranch: z.string().min(1).max(250).optional().describe("Branch that results land on"),
  setup: Line.optional().describe("Command that makes a fresh worktree usable"),
  copies: PathList.describe("File to copy from the checkout into each worktree, such as .env").meta({
    flag: "copy",
  }),
  caches: PathList.describe("Folder that worktrees share, such as node_modules").meta({ flag: "cache" }),
  testPaths: PathList.describe(
    "Where tests are; a change to them is also checked with the old tests; found: where they are found, none: nowhere",
  ),
  protectedPaths: PathList.describe(
    "Paths, or keys of a file (package.json#scripts), whose change a person must see; found: what is found, none: nothing",
  ).meta({ flag: "protect" }),
  fastForward: z
    .boolean()
    .optional()
    .describe("A checkout of the target branch moves along when work lands; default as the project"),
};

/** A registered repository, as the asking host sees it. */
export const RepoView = z.object({
  alias: z.string(),
  project: z.string(),
  path: z.string().optional(),
  remote: z.string().optional(),
  root_commit: z.string().optional(),
  default_branch: z.string().optional(),
  target: z.enum(["local", "remote"]),
  setup: z.string().optional(),
  copies: z.array(z.string()),
  caches: z.array(z.string()),
  test_paths: z.array(z.string()),
  protected: z.array(z.string()),
  fast_forward: z.boolean().optional(),
  /** This host has a checkout on record that is not there any more. */
  missing: z.boolean(),
  version: z.int(),
});
export const RepoAnswer = z.object({ repo: RepoView });

export function repoView(repo: Repo, missing: boolean): z.input<typeof RepoView> {
  return {
    alias: repo.alias,
    project: repo.project,
    path: repo.path ?? undefined,
    remote: repo.remote ?? undefined,
    root_commit: repo.rootCommit ?? undefined,
    default_branch: repo.defaultBranch ?? undefined,
    target: repo.target,
    setup: repo.setup ?? undefined,
    copies: [...repo.copies],
    caches: [...repo.caches],
    test_paths: [...repo.testPaths],
    protected: [...repo.protectedPaths],
    fast_forward: repo.fastForward ?? undefined,
    missing,
    version: repo.version,
  };
}

type Guards = Partial<Record<"testPaths" | "protectedPaths", string[] | undefined>>;

/** The lists as they are stored: in the place of `found` what the repository holds, of `none` nothing. */
export async function storedGuards(given: Guards, files: () => Promise<readonly string[]>): Promise<Guards> {
  const { testPaths, protectedPaths } = given;
  const asks = [testPaths, protectedPaths].some((list) => list?.includes(FOUND));
  const found = findGuardedPaths(asks ? await files() : []);
  const stored = (list: string[] | undefined, here: readonly string[]) =>
    list && [...new Set(list.flatMap((path) => (path === FOUND ? here : path === NONE ? [] : [path])))];
  return {
    testPaths: stored(testPaths, found.testPaths),
    protectedPaths: stored(protectedPaths, found.protectedPaths),
  };
}

/** Files of what is checked out there; none before the first commit. */
export async function filesOf(git: GitReading, { commonDir, head }: RepoFacts): Promise<readonly string[]> {
  return head.kind === "unborn" ? [] : await git.files({ repo: commonDir, commit: head.sha });
}

/** True where this host has a checkout on record and git finds no repository there. */
export async function isMissing(context: Context, repo: Repo): Promise<boolean> {
  if (repo.commonDir === null) return false;
  const git = await context.git();
  try {
    await git.inspect({ path: repo.commonDir });
    return false;
  } catch (error) {
    if (error instanceof SluiceError && (error.code === "not_found" || error.code === "invalid")) return true;
    throw error;
  }
}

/** Repositories, each with whether it has vanished from this host. */
export async function reposHere(
  context: Context,
  repos: readonly Repo[],
): Promise<z.input<typeof RepoView>[]> {
  return await Promise.all(repos.map(async (repo) => repoView(repo, await isMissing(context, repo))));
}
