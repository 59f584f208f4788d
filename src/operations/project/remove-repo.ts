import { z } from "zod";
import { defineOperation } from "#operations/operation.ts";
import { RepoAlias } from "./repo-fields.ts";
import { RepoAnswer, repoView } from "./repo-view.ts";

export const removeRepo = defineOperation({
  name: "repo.remove",
  summary: "Forget a repository; its files stay as they are.",
  effect: "destroy",
  authority: "operate",
  toolset: "operator",
  input: z.strictObject({ repo: RepoAlias }),
  output: RepoAnswer,
  errors: ["not_found", "conflict"],
  positional: ["repo"],
  examples: [{ command: "sluice repo remove app --yes", does: "Take it out of the workspace" }],
  run: async ({ store, caller }, { repo: alias }) => {
    const repo = await store.projects.repo({ alias, host: caller.host });
    await store.projects.editRepo({ by: caller, id: repo.id, changes: { removed: true } });
    return { repo: repoView(repo, false) };
  },
});
