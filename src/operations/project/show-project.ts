import { z } from "zod";
import { queueView, QueueView } from "#operations/claim/queue-view.ts";
import { defineOperation } from "#operations/operation.ts";
import { ProjectAlias, projectOf } from "./project-of.ts";
import { projectView, ProjectView } from "./project-view.ts";
import { reposHere, RepoView } from "./repo-view.ts";

export const showProject = defineOperation({
  name: "project.show",
  summary: "Show a project, its repositories and its queue.",
  effect: "read",
  authority: "view",
  toolset: "operator",
  input: z.strictObject({ project: ProjectAlias.optional() }),
  output: z.object({ project: ProjectView, repos: z.array(RepoView), queue: QueueView }),
  errors: ["not_found"],
  positional: ["project"],
  examples: [{ command: "sluice project show app", does: "Show one project" }],
  run: async (context, input) => {
    const project = await projectOf(context, input.project);
    const [repos, summary] = await Promise.all([
      reposHere(context, project.id),
      context.store.claims.summary({ projectIds: [project.id] }),
    ]);
    return { project: projectView(project), repos, queue: queueView(summary) };
  },
});
