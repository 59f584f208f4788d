import { z } from "zod";
import { SluiceError } from "#domain/errors.ts";
import type { Context } from "#operations/context.ts";
import type { Project } from "#operations/ports/store/project-store.ts";

export const ProjectAlias = z.string().max(64).describe("Alias of the project");

/**
 * The project that something new belongs to: named, else that of the repository around the current folder, else the only one.
 * Refuses with `invalid` and the aliases there are.
 */
export async function projectOf(context: Context, alias: string | undefined): Promise<Project> {
  const { projects } = context.store;
  const named = alias ?? context.project;
  if (named !== undefined) return await projects.get({ alias: named });
  const all = await projects.list({});
  const [only] = all;
  if (only !== undefined && all.length === 1) return only;
  if (only === undefined)
    throw new SluiceError("not_found", "The workspace has no project yet", {
      hint: 'Add one: sluice project add "My app" --alias app',
    });
  const here = await projectHere(context);
  if (here !== undefined) return await projects.byId({ id: here });
  const aliases = all.map((project) => project.alias);
  throw new SluiceError("invalid", `project is missing, expected one of ${aliases.join(", ")}`, {
    hint: `Name one with --project, or run the command inside one of its repositories`,
    details: { field: "project", accepted: aliases },
  });
}

/** Project of the registered repository around the current folder. Outside a repository there is none. */
export async function projectHere({ checkout, store }: Context): Promise<number | undefined> {
  const here = await checkout();
  return here === undefined ? undefined : (await store.projects.repoAt(here))?.projectId;
}

/** The project that a list is narrowed to, when one is named. */
export async function namedProject(
  context: Context,
  alias: string | undefined,
): Promise<Project | undefined> {
  const named = alias ?? context.project;
  return named === undefined ? undefined : await context.store.projects.get({ alias: named });
}
