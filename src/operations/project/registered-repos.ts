import { z } from "zod";
import type { Caller } from "#domain/caller.ts";
import { SluiceError } from "#domain/errors.ts";
import type { Context } from "#operations/context.ts";
import { HALF, Host, record } from "#operations/half.ts";
import { defineOperation } from "#operations/operation.ts";
import type { Project, Repo } from "#operations/ports/store/project-store.ts";
import type { Store } from "#operations/ports/store.ts";
import { NewAlias } from "./add-project.ts";
import { namedProject, ProjectAlias, projectOf } from "./project-of.ts";
import { REPO_FIELDS, RepoAlias } from "./repo-view.ts";

const Path = z.string().min(1).max(4_096);
const Line = z.string().max(4_096);

/** Where a repository is on the caller's machine. */
const Place = { path: Path, commonDir: Path };

export const knownRepos = defineOperation({
  ...HALF,
  name: "repo.known",
  summary: "Show the registered repositories with their places on the caller's machine.",
  effect: "read",
  input: z.strictObject({
    host: Host,
    project: ProjectAlias.optional(),
    history: z.boolean().default(false).describe("With what the index has of them"),
  }),
  output: z.object({
    repos: z.array(record<Repo>()),
    /** What refs begin with, the current prefix first, then former ones. */
    prefixes: z.array(z.string()),
    /** Branch heads as last seen, where they were asked for. */
    heads: z.array(z.object({ repoId: z.int(), name: z.string(), sha: z.string() })),
  }),
  errors: ["not_found"],
  run: async (context, { host, project: alias, history }) => {
    const { projects, commits } = context.store;
    const project = await namedProject(context, alias);
    const repos = await projects.repos({ projectId: project?.id, host });
    const here = history ? repos.filter(({ commonDir }) => commonDir !== null) : [];
    const heads = await Promise.all(
      here.map(async ({ id: repoId }) =>
        (await commits.heads({ repoId })).map(({ name, sha }) => ({ repoId, name, sha })),
      ),
    );
    return { repos: [...repos], prefixes: [...(await projects.prefixes())], heads: heads.flat() };
  },
});

const Found = z.strictObject({
  ...Place,
  /** Its last part: what it is called where nothing else is said. */
  folder: Line,
  remote: Line.optional(),
  rootCommit: Line.optional(),
  defaultBranch: Line.optional(),
});
type Found = z.output<typeof Found>;

const Register = z.strictObject({
  host: Host,
  project: ProjectAlias.optional(),
  projectEach: z.boolean().default(false),
  alias: NewAlias.optional(),
  found: Found,
  ...REPO_FIELDS,
});

export const registerRepo = defineOperation({
  ...HALF,
  authority: "operate",
  name: "repo.register",
  summary: "Register a repository that was found on the caller's machine.",
  effect: "write",
  input: Register,
  output: z.object({ repo: record<Repo>() }),
  errors: ["not_found", "conflict"],
  run: async (context, input) => {
    const project = input.projectEach ? undefined : await projectOf(context, input.project);
    return {
      repo: await context.store.transaction((store) => register({ ...context, store }, input, project)),
    };
  },
});

async function register(
  { caller, store }: Context,
  input: z.output<typeof Register>,
  named: Project | undefined,
): Promise<Repo> {
  const { host, project: _project, projectEach: _each, alias, found, ...settings } = input;
  const by = { ...caller, host };
  const { folder, ...place } = found;
  const known = await store.projects.repoAt({ host, commonDir: found.commonDir });
  if (known !== undefined)
    throw new SluiceError("conflict", `This repository is already registered as ${known.alias}`, {
      hint: `Change it with: sluice repo edit ${known.alias}`,
      details: { alias: known.alias, project: known.project },
    });
  const { id: projectId } = named ?? (await projectFor(store, by, folder));
  return await store.projects.addRepo({
    by,
    projectId,
    ...settings,
    ...place,
    alias: alias ?? aliasOf(folder),
    defaultBranch: settings.defaultBranch ?? place.defaultBranch,
  });
}

/** A project of that name that has no repository yet, else a new one: `app`, or `app-2` where `app` is taken. */
async function projectFor({ projects }: Store, by: Caller, folder: string): Promise<Project> {
  const alias = aliasOf(folder);
  const all = await projects.list({ archived: true });
  const same = all.find((project) => project.alias === alias);
  if (same === undefined) return await projects.add({ by, alias, name: folder });
  const repos = await projects.repos({ projectId: same.id, host: by.host });
  if (repos.length === 0) return same;
  const taken = new Set(all.map((project) => project.alias));
  for (let n = 2; ; n += 1)
    if (!taken.has(`${alias}-${n}`)) return await projects.add({ by, alias: `${alias}-${n}`, name: folder });
}

/** A usable alias from the folder's name: `/src/My App.git` is `my-app`. */
function aliasOf(folder: string): string {
  const alias = folder
    .replace(/\.git$/, "")
    .normalize("NFKD")
    .toLowerCase()
    .replace(/[^a-z0-9._-]+/g, "-")
    .replace(/^[^a-z0-9]+|[-.]+$/g, "")
    .slice(0, 64);
  return alias === "" ? "repo" : alias;
}

export const changeRepo = defineOperation({
  ...HALF,
  authority: "operate",
  name: "repo.change",
  summary: "Change a repository, and where it is on the caller's machine.",
  effect: "write",
  input: z.strictObject({
    host: Host,
    repo: RepoAlias,
    ifVersion: z.int().min(0).optional(),
    alias: NewAlias.optional(),
    place: z.strictObject(Place).optional(),
    ...REPO_FIELDS,
  }),
  output: z.object({ repo: record<Repo>() }),
  errors: ["not_found", "conflict"],
  run: async (context, input) => ({
    repo: await context.store.transaction(async ({ projects }) => {
      const { host, repo: alias, ifVersion, alias: newAlias, place, ...settings } = input;
      const { id } = await projects.repo({ alias, host });
      const known = place && (await projects.repoAt({ host, commonDir: place.commonDir }));
      if (known !== undefined && known.id !== id)
        throw new SluiceError("conflict", `The repository there is registered as ${known.alias}`, {
          hint: "Give another path, or remove that one first",
          details: { alias: known.alias },
        });
      const given = Object.entries({ ...settings, ...place, alias: newAlias });
      const changes = Object.fromEntries(given.filter(([, value]) => value !== undefined));
      await projects.editRepo({ by: { ...context.caller, host }, id, ifVersion, changes });
      return await projects.repoById({ id, host });
    }),
  }),
});
