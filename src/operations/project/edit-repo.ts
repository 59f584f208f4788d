import { z } from "zod";
import { SluiceError } from "#domain/errors.ts";
import type { Context } from "#operations/context.ts";
import { defineOperation } from "#operations/operation.ts";
import { NewAlias } from "./add-project.ts";
import { isMissing, REPO_FIELDS, RepoAlias, RepoAnswer, repoView } from "./repo-view.ts";

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
  ],
  run: async (context, input) => {
    const { store, caller } = context;
    const { repo: alias, ifVersion, path, alias: newAlias, ...settings } = input;
    const before = await store.projects.repo({ alias, host: caller.host });
    const place = path === undefined ? {} : await placeOf(context, path, before.id);
    const given = { ...settings, ...place, alias: newAlias };
    const changes = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
    await store.projects.editRepo({ by: caller, id: before.id, ifVersion, changes });
    const repo = await store.projects.repoById({ id: before.id, host: caller.host });
    // Who says where it is, or where its results go, has looked at it.
    const says = path !== undefined || input.target !== undefined;
    if (says && repo.commonDir !== null) await (await context.git()).trust({ repo: repo.commonDir });
    return { repo: repoView(repo, await isMissing(context, repo)) };
  },
});

async function placeOf(context: Context, given: string, repoId: number) {
  const { store, caller, files } = context;
  const facts = await (await context.git()).inspect({ path: files.resolve(given) });
  const known = await store.projects.repoAt({ host: caller.host, commonDir: facts.commonDir });
  if (known !== undefined && known.id !== repoId)
    throw new SluiceError("conflict", `The repository there is registered as ${known.alias}`, {
      hint: "Give another path, or remove that one first",
      details: { alias: known.alias },
    });
  return { path: facts.topLevel ?? facts.commonDir, commonDir: facts.commonDir };
}

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
  examples: [{ command: "sluice repo remove app --yes", does: "Take it out of the workspace" }],
  run: async ({ store, caller }, { repo: alias }) => {
    const repo = await store.projects.repo({ alias, host: caller.host });
    await store.projects.editRepo({ by: caller, id: repo.id, changes: { removed: true } });
    return { repo: repoView(repo, false) };
  },
});
