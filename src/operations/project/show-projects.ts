import { z } from "zod";
import { queueView, QueueView } from "#operations/claim/queue-view.ts";
import { ask } from "#operations/half.ts";
import { defineOperation } from "#operations/operation.ts";
import { ProjectAlias, projectOf } from "./project-of.ts";
import { knownRepos } from "./registered-repos.ts";
import { projectView, ProjectView } from "./project-view.ts";
import { reposHere, RepoView } from "./repo-view.ts";

export const listProjects = defineOperation({
  name: "project.list",
  summary: "List the projects.",
  effect: "read",
  authority: "view",
  toolset: "operator",
  input: z.strictObject({ archived: z.boolean().optional().describe("Archived ones instead") }),
  output: z.object({
    projects: z.array(ProjectView),
    /** How many are archived; only where all are. */
    archived: z.int().optional(),
  }),
  errors: [],
  examples: [{ command: "sluice project list", does: "Show the projects" }],
  run: async ({ store }, { archived }) => {
    const projects = await store.projects.list({ archived });
    if (projects.length > 0 || archived === true) return { projects: projects.map(projectView) };
    const { length } = await store.projects.list({ archived: true });
    return length === 0 ? { projects: [] } : { projects: [], archived: length };
  },
});

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
    const { store, caller } = context;
    const [repos, summary] = await Promise.all([
      store.projects.repos({ projectId: project.id, host: caller.host }),
      store.claims.summary({ projectIds: [project.id] }),
    ]);
    return {
      project: projectView(project),
      repos: await reposHere(context, repos),
      queue: queueView(summary),
    };
  },
});

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
    const { repos } = await ask(context, knownRepos, { ...input, host: context.caller.host, history: false });
    return { repos: await reposHere(context, repos) };
  },
});
