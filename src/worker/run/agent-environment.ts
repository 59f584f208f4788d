import { dirname } from "node:path";
import { isDeepStrictEqual } from "node:util";
import { formatActor } from "#domain/actor.ts";
import type { RunMcpServer, RunReach } from "#operations/ports/launcher.ts";
import { guardSettings } from "#worker/guard/guard-settings.ts";
import type { AgentRun } from "./run-context.ts";
import { linkedGitDir } from "./run-folder.ts";
import type { RunPlace } from "./run-places.ts";

/** The name under which an agent sees the tools: the one that `sluice setup` gives them too. */
const TOOL_SERVER = "sluice";

/** What an agent finds in its environment: the names of its run, its rights, and git as the person has it. */
export async function agentEnvironment(
  run: AgentRun,
  places: readonly RunPlace[],
): Promise<Readonly<Record<string, string>>> {
  return {
    PATH: `${run.folder.programs}:${run.session.deps.path}`,
    ...rights(run),
    ...gitSettings([
      // Files that set-up linked or copied in are not the run's work: `git add -A` ignores them.
      ["core.excludesFile", run.folder.exclude],
      // The guard, which hands on to the repository's own hooks.
      ...guardSettings(
        run.folder.gitConfig,
        places.map(({ commonDir }) => commonDir),
      ),
      ...(await people(run, places)),
    ]),
  };
}

/** The backlog as tools, for agents that speak MCP: in the name of the run, under its lease, and found again by its marks. */
export function toolServer(run: AgentRun): RunMcpServer {
  const marks = { SLUICE_RUN: run.name.run, SLUICE_RUN_TOKEN: run.token };
  return { name: TOOL_SERVER, ...run.session.deps.toolServer, env: { ...rights(run), ...marks } };
}

function rights(run: AgentRun): Readonly<Record<string, string>> {
  return {
    SLUICE_LEASE: run.leaseId,
    SLUICE_ACTOR: formatActor({ kind: "ai", name: run.runner.name }),
    SLUICE_WORKSPACE: run.session.deps.workspace,
    SLUICE_PROJECT: run.project.alias,
    SLUICE_ITEM: run.name.ref,
  };
}

type Setting = readonly [name: string, value: string];

/**
 * Some agent programs hide the person's own git configuration from the shells they start, and nobody could commit there. None
 * where the repositories of a run name different people: each repository's own settings decide then.
 */
async function people({ session }: AgentRun, places: readonly RunPlace[]): Promise<readonly Setting[]> {
  const { git } = session.deps;
  const all = await Promise.all(places.map(({ commonDir: repo }) => git.identity({ repo })));
  const [first, ...others] = all.map(({ author, committer }): readonly Setting[] => [
    ["author.name", author.name],
    ["author.email", author.email],
    ["committer.name", committer.name],
    ["committer.email", committer.email],
  ]);
  return first !== undefined && others.every((one) => isDeepStrictEqual(one, first)) ? first : [];
}

function gitSettings(settings: readonly Setting[]): Readonly<Record<string, string>> {
  const pairs = settings.flatMap(([name, value], n): readonly Setting[] => [
    [`GIT_CONFIG_KEY_${n}`, name],
    [`GIT_CONFIG_VALUE_${n}`, value],
  ]);
  return { GIT_CONFIG_COUNT: String(settings.length), ...Object.fromEntries(pairs) };
}

/** What an agent in a sandbox must write to work in its places, commit there, and report to the workspace. */
export function agentReach(run: AgentRun, places: readonly RunPlace[]): RunReach {
  const { workspace } = run.session.deps;
  const isRemote = workspace.includes("://");
  const git = places.flatMap(({ dir, commonDir }) => [dir, commonDir, linkedGitDir(dir) ?? dir]);
  const own = [...new Set(git), run.folder.refusals];
  return {
    // Beside a SQLite file its journal is written.
    dirs: isRemote ? own : [...own, dirname(workspace)],
    network: isRemote,
  };
}
