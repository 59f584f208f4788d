import { z } from "zod";
import { SluiceError } from "#domain/errors.ts";
import { FOUND } from "#domain/guard/guarded-path.ts";
import type { Context } from "#operations/context.ts";
import { listConfig, setConfig } from "#operations/admin/config.ts";
import { ask } from "#operations/half.ts";
import { defineOperation } from "#operations/operation.ts";
import type { Repo } from "#operations/ports/store/project-store.ts";
import { importTodo } from "#operations/todo/import-todo.ts";
import { NewAlias } from "./add-project.ts";
import { ProjectAlias } from "./project-of.ts";
import { registerRepo } from "./registered-repos.ts";
import { filesOf, REPO_FIELDS, RepoView, repoView, storedGuards } from "./repo-view.ts";

const Input = z.strictObject({
  paths: z
    .array(z.string().min(1).max(4096))
    .min(1)
    .max(1000)
    .describe("Folders of the repositories")
    .meta({ flag: "path" }),
  project: ProjectAlias.optional(),
  alias: NewAlias.optional().describe("Short name of a single one; default from the folder's name"),
  projectEach: z.boolean().default(false).describe("Make a project of each, named after its folder"),
  import: z.boolean().default(false).describe("File what its TODO.md says at the gate"),
  ...REPO_FIELDS,
});

export const addRepo = defineOperation({
  name: "repo.add",
  summary: "Register git repositories of a project, or of one each.",
  description:
    "Files of common tools that decide what is tested, built and run are protected when they are found (--test-path, --protect). A path may be anywhere inside its repository, bare repositories and linked worktrees included. Of several paths those that cannot be registered are named and passed over.",
  effect: "write",
  authority: "operate",
  toolset: "operator",
  reach: "workspace",
  place: "caller",
  input: Input,
  output: z.object({
    repos: z.array(RepoView),
    /** Of several, those that could not be registered. */
    left_out: z.array(z.object({ path: z.string(), reason: z.string() })),
    /** With `--import`: candidates filed, entries that were not, and problems of the files. */
    imported: z
      .object({ filed: z.int(), skipped: z.int(), problems: z.int(), problem_files: z.array(z.string()) })
      .optional(),
  }),
  errors: ["not_found", "conflict"],
  positional: ["paths"],
  examples: [
    { command: "sluice repo add .", does: "Register the repository around the current folder" },
    {
      command: 'sluice repo add ~/src/app -p app --setup "npm ci" --copy .env --cache node_modules',
      does: "Register one whose worktrees need dependencies",
    },
    {
      command: "sluice repo add ~/src/* --project-each --import",
      does: "Register all that you have, and file their TODO.md at the gate",
    },
  ],
  run: async (context, input) => {
    const { paths } = input;
    if (paths.length > 1 && input.alias !== undefined)
      throw new SluiceError("invalid", "alias cannot be combined with several paths", {
        details: { field: "alias", accepted: "a single path" },
      });
    await askOnce(context, input);
    const added: Repo[] = [];
    const leftOut: { path: string; reason: string }[] = [];
    for (const path of paths) {
      try {
        added.push(await register(context, input, path));
      } catch (error) {
        if (!(error instanceof SluiceError) || paths.length === 1) throw error;
        leftOut.push({ path, reason: error.message });
      }
      if (paths.length > 1) context.progress?.(`${added.length + leftOut.length} of ${paths.length} folders`);
    }
    return {
      repos: added.map((repo) => repoView(repo, false)),
      left_out: leftOut,
      imported: input.import ? await importAll(context, added) : undefined,
    };
  },
});

const ANSWERS: ReadonlyMap<string, string> = new Map([
  ["", "yes"],
  ["y", "yes"],
  ["yes", "yes"],
  ["n", "no"],
  ["no", "no"],
]);

/**
 * Whether checkouts of targets may move along is the person's to say: once for the workspace, unless they say it for these repositories.
 * Without an answer the default holds, and the next time asks again. A line that is neither yes nor no is no answer: one of a pasted block.
 */
async function askOnce(
  context: Context,
  { fastForward, target }: Pick<z.output<typeof Input>, "fastForward" | "target">,
): Promise<void> {
  const key = "fast_forward";
  if (context.ask === undefined || fastForward !== undefined || target === "remote") return;
  const { settings } = await ask(context, listConfig, {});
  if (settings.some(({ key: known }) => known === key)) return;
  for (;;) {
    const answer = await context.ask(
      "When a result lands on a branch that you have checked out, may a checkout where nothing is in the way move along? [Y/n]",
    );
    if (answer === undefined) return;
    const value = ANSWERS.get(answer.trim().toLowerCase());
    if (value !== undefined) return void (await ask(context, setConfig, { key, value }));
  }
}

async function register(context: Context, input: z.output<typeof Input>, given: string): Promise<Repo> {
  const { paths: _paths, import: _import, ...wish } = input;
  const git = await context.git();
  const facts = await git.inspect({ path: context.files.resolve(given) });
  const { commonDir, topLevel: path = commonDir, remoteUrl: remote, rootCommits, defaultBranch } = facts;
  const folder =
    path
      .replace(/\/\.git$/, "")
      .split("/")
      .at(-1) ?? "";
  const found = { path, commonDir, folder, remote, rootCommit: rootCommits[0], defaultBranch };
  const { testPaths = [FOUND], protectedPaths = [FOUND] } = wish;
  const { host } = context.caller;
  const registered = storedGuards({ testPaths, protectedPaths }, () => filesOf(git, facts)).then((guards) =>
    ask(context, registerRepo, { ...wish, ...guards, host, found }),
  );
  await git.trust({ repo: commonDir, once: registered });
  return (await registered).repo;
}

async function importAll(
  context: Context,
  repos: readonly Repo[],
): Promise<{ filed: number; skipped: number; problems: number; problem_files: string[] }> {
  const sum = { filed: 0, skipped: 0, problems: 0, problem_files: new Array<string>() };
  for (const { path, project } of repos) {
    const file = `${path ?? ""}/TODO.md`;
    try {
      if (path === null) continue;
      const { imported, skipped, problems } = await importTodo.run(context, { files: [file], project });
      sum.filed += imported.length;
      sum.skipped += skipped.length;
      sum.problems += problems.length;
      if (problems.length > 0) sum.problem_files.push(file);
    } catch (error) {
      if (!(error instanceof SluiceError)) throw error;
      if (error.code === "not_found") continue;
      sum.problems += 1; // a file that cannot be read is no reason to stop
      sum.problem_files.push(file);
    }
  }
  return sum;
}
