import { z } from "zod";
import { defineOperation } from "#operations/operation.ts";
import { projectView, ProjectView } from "./project-view.ts";

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
