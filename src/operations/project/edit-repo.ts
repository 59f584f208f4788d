import { z } from "zod";
import { ask } from "#operations/half.ts";
import { defineOperation } from "#operations/operation.ts";
import { NewAlias } from "./add-project.ts";
import { changeRepo, knownRepos } from "./registered-repos.ts";
import {
  filesOf,
  isMissing,
  REPO_FIELDS,
  RepoAlias,
  RepoAnswer,
  repoView,
  storedGuards,
} from "./repo-view.ts";

export const editRepo = defineOperation({
  name: "repo.edit",
  summary: "Change settings of a repository; all others stay.",
  effect: "write",
  authority: "operate",
  toolset: "operator",
  place: "caller",
  input: z.strictObject({
    repo: RepoAlias,
    ifVersion: z.int().min(0).optional().describe("Refuse unless the repository is at this version"),
    alias: NewAlias.optional().describe("New short name"),
    path: z.string().min(1).max(4096).optional().describe("Its path on this machine now"),
    ...REPO_FIELDS,
  }),
  output: RepoAnswer,
  errors: ["not_found", "conflict"],
  positional: ["repo"],
  examples: [
    { command: "sluice repo edit app --path ~/src/app-moved", does: "Set its new path" },
    { command: "sluice repo edit app --target remote", does: "Push results to its remote" },
    {
      command: "sluice repo edit app --protect found --protect deploy/",
      does: "Protect what is found there now, and a folder more",
    },
  ],
  run: async (context, input) => {
    const { caller, files } = context;
    const { path, ...changes } = input;
    const git = await context.git();
    const facts = path === undefined ? undefined : await git.inspect({ path: files.resolve(path) });
    const place = facts && { path: facts.topLevel ?? facts.commonDir, commonDir: facts.commonDir };
    const { host } = caller;
    const guards = await storedGuards(changes, async () => {
      const { repos } = await ask(context, knownRepos, { host, history: false });
      const path = place?.commonDir ?? repos.find(({ alias }) => alias === input.repo)?.commonDir;
      return path === null || path === undefined ? [] : await filesOf(git, await git.inspect({ path }));
    });
    const { repo } = await ask(context, changeRepo, { ...changes, ...guards, host, place });
    // Who says where it is, or where its results go, has looked at it.
    const says = path !== undefined || input.target !== undefined;
    if (says && repo.commonDir !== null) await git.trust({ repo: repo.commonDir });
    return { repo: repoView(repo, await isMissing(context, repo)) };
  },
});

export const removeRepo = defineOperation({
  name: "repo.remove",
  summary: "Unregister a repository; its files stay as they are.",
  effect: "destroy",
  authority: "operate",
  toolset: "operator",
  input: z.strictObject({ repo: RepoAlias }),
  output: RepoAnswer,
  errors: ["not_found", "conflict"],
  positional: ["repo"],
  examples: [{ command: "sluice repo remove app --yes", does: "Remove it from the workspace" }],
  run: async ({ store, caller }, { repo: alias }) => {
    const repo = await store.projects.repo({ alias, host: caller.host });
    await store.projects.editRepo({ by: caller, id: repo.id, changes: { removed: true } });
    return { repo: repoView(repo, false) };
  },
});
