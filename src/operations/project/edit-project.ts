import { z } from "zod";
import { Title } from "#domain/text/bounded-text.ts";
import { callerName } from "#operations/invoke.ts";
import { defineOperation } from "#operations/operation.ts";
import { changedPolicy, PROJECT_FIELDS } from "./project-fields.ts";
import { ProjectAlias } from "./project-of.ts";
import { ProjectAnswer, projectView } from "./project-view.ts";

export const editProject = defineOperation({
  name: "project.edit",
  summary: "Change settings of a project; all others stay.",
  effect: "write",
  authority: "operate",
  toolset: "operator",
  input: z.strictObject({
    project: ProjectAlias,
    ifVersion: z.int().min(0).optional().describe("Refuse unless the project is at this version"),
    name: Title.optional().describe("New name"),
    ...PROJECT_FIELDS,
  }),
  output: ProjectAnswer,
  errors: ["not_found", "conflict"],
  positional: ["project"],
  examples: [
    {
      command: 'sluice project edit app --check "npm test" --weight 2',
      does: "Change the check and the share",
    },
    {
      command: `sluice project edit app --approve '{"name":"todo","source":"todo-md","lane":"requires_triage"}'`,
      does: "Let entries of a TODO.md pass the gate",
    },
  ],
  run: async (context, input) => {
    const { store, caller } = context;
    const before = await store.projects.get({ alias: input.project });
    const { ifVersion, name, weight, maxLeases, landing, check } = input;
    const given = {
      name,
      weight,
      landing,
      maxLeases: maxLeases === 0 ? null : maxLeases,
      check: check === "" ? null : check,
      policy: changedPolicy(input, before.policy, { by: callerName(context), now: await store.now() }),
    };
    const changes = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
    const project = await store.projects.edit({ by: caller, id: before.id, ifVersion, changes });
    return { project: projectView(project) };
  },
});

export const archiveProject = defineOperation({
  name: "project.archive",
  summary: "Archive a project: it leaves the queue and the lists.",
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
