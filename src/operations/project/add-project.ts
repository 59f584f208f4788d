import { z } from "zod";
import { Title } from "#domain/text/bounded-text.ts";
import { callerName } from "#operations/invoke.ts";
import { defineOperation } from "#operations/operation.ts";
import { changedPolicy, PROJECT_FIELDS } from "./project-fields.ts";
import { ProjectAnswer, projectView } from "./project-view.ts";

export const NewAlias = z
  .string()
  .regex(
    /^[a-z0-9][a-z0-9._-]{0,63}$/,
    "1 to 64 lower-case letters, digits and ._-, a letter or digit first",
  );

export const addProject = defineOperation({
  name: "project.add",
  summary: "Add a project.",
  effect: "write",
  authority: "operate",
  toolset: "operator",
  reach: "workspace",
  input: z.strictObject({
    name: Title.describe("Name of the project"),
    alias: NewAlias.describe("Short name for the command line"),
    ...PROJECT_FIELDS,
  }),
  output: ProjectAnswer,
  errors: ["conflict"],
  positional: ["name"],
  examples: [
    {
      command: 'sluice project add "My app" --alias app --landing merge --check "npm test"',
      does: "Add a project whose results land when the tests pass",
    },
  ],
  run: async (context, input) => {
    const { store, caller } = context;
    const { name, alias, weight, maxLeases, landing, check } = input;
    const project = await store.projects.add({
      by: caller,
      name,
      alias,
      weight,
      maxLeases: maxLeases === 0 ? undefined : maxLeases,
      landing,
      check: check === "" ? undefined : check,
      policy: changedPolicy(input, {}, { by: callerName(context), now: await store.now() }),
    });
    return { project: projectView(project) };
  },
});
