import { z } from "zod";
import { defineOperation } from "#operations/operation.ts";
import { ProjectAlias } from "./project-of.ts";
import { ProjectAnswer, projectView } from "./project-view.ts";

export const archiveProject = defineOperation({
  name: "project.archive",
  summary: "Take a project out of the queue and the lists.",
  effect: "write",
  authority: "operate",
  toolset: "operator",
  input: z.strictObject({
    project: ProjectAlias,
    undo: z.boolean().optional().describe("Bring it back"),
  }),
  output: ProjectAnswer,
  errors: ["not_found", "conflict"],
  positional: ["project"],
  examples: [{ command: "sluice project archive app", does: "Archive a project" }],
  run: async ({ store, caller }, { project, undo }) => {
    const { id } = await store.projects.get({ alias: project });
    const changes = { archived: undo !== true };
    return { project: projectView(await store.projects.edit({ by: caller, id, changes })) };
  },
});
