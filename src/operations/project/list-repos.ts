import { z } from "zod";
import { defineOperation } from "#operations/operation.ts";
import { namedProject, ProjectAlias } from "./project-of.ts";
import { reposHere, RepoView } from "./repo-view.ts";

export const listRepos = defineOperation({
  name: "repo.list",
  summary: "List the registered repositories.",
  effect: "read",
  authority: "view",
  toolset: "operator",
  place: "caller",
  input: z.strictObject({ project: ProjectAlias.optional() }),
  output: z.object({ repos: z.array(RepoView) }),
  errors: ["not_found"],
  examples: [{ command: "sluice repo list", does: "Show the repositories and which are gone" }],
  run: async (context, input) => {
    const project = await namedProject(context, input.project);
    return { repos: await reposHere(context, project?.id) };
  },
});
