import { z } from "zod";
import { SluiceError } from "#domain/errors.ts";
import { defineOperation } from "#operations/operation.ts";
import type { RepoFacts } from "#operations/ports/git.ts";
import type { Repo } from "#operations/ports/store/project-store.ts";
import { NewAlias } from "./add-project.ts";
import { ProjectAlias, projectOf } from "./project-of.ts";
import { REPO_FIELDS, RepoAnswer, repoView } from "./repo-view.ts";

export const addRepo = defineOperation({
  name: "repo.add",
  summary: "Register a git repository of a project.",
  description: "The path may be anywhere inside it, bare repositories and linked worktrees included.",
  effect: "write",
  authority: "operate",
  toolset: "operator",
  reach: "workspace",
  place: "caller",
  input: z.strictObject({
    path: z.string().min(1).max(4096).describe("Folder of the repository"),
    project: ProjectAlias.optional(),
    alias: NewAlias.optional().describe("Short name; default from the folder's name"),
    ...REPO_FIELDS,
  }),
  output: RepoAnswer,
  errors: ["not_found", "conflict"],
  positional: ["path"],
  examples: [
    { command: "sluice repo add .", does: "Register the repository around the current folder" },
    {
      command: 'sluice repo add ~/src/app -p app --setup "npm ci" --copy .env --cache node_modules',
      does: "Register one whose worktrees need dependencies",
    },
  ],
  run: async (context, input) => {
    const { store, caller, files } = context;
    const { path: given, project: _project, alias, ...settings } = input;
    const path = files.resolve(given);
    const git = await context.git();
    // What the workspace knows is read while git answers.
    const [facts, known, project] = await Promise.all([
      git.inspect({ path }),
      store.projects.repos({ host: caller.host }),
      projectOf(context, input.project),
    ]);
    refuseKnown(known, facts.commonDir);
    await git.trust({ repo: facts.commonDir });
    const repo = await store.projects.addRepo({
      by: caller,
      projectId: project.id,
      ...settings,
      alias: alias ?? aliasOf(facts),
      path: facts.topLevel ?? facts.commonDir,
      commonDir: facts.commonDir,
      remote: facts.remoteUrl,
      rootCommit: facts.rootCommits[0],
      defaultBranch: input.defaultBranch ?? facts.defaultBranch,
    });
    return { repo: repoView(repo, false) };
  },
});

function refuseKnown(repos: readonly Repo[], commonDir: string): void {
  const known = repos.find((repo) => repo.commonDir === commonDir);
  if (known === undefined) return;
  throw new SluiceError("conflict", `This repository is already registered as ${known.alias}`, {
    hint: `Change it with: sluice repo edit ${known.alias}`,
    details: { alias: known.alias, project: known.project },
  });
}

/** A usable alias from the folder's name: `/src/My App.git` is `my-app`. */
function aliasOf({ topLevel, commonDir }: RepoFacts): string {
  const folder =
    (topLevel ?? commonDir)
      .replace(/\/\.git$/, "")
      .split("/")
      .at(-1) ?? "";
  const alias = folder
    .replace(/\.git$/, "")
    .normalize("NFKD")
    .toLowerCase()
    .replace(/[^a-z0-9._-]+/g, "-")
    .replace(/^[^a-z0-9]+|[-.]+$/g, "")
    .slice(0, 64);
  return alias === "" ? "repo" : alias;
}
