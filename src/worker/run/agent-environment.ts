import { dirname, join } from "node:path";
import { formatActor } from "#domain/actor.ts";
import type { RunMcpServer, RunReach } from "#operations/ports/launcher.ts";
import type { AgentRun } from "./run-context.ts";
import type { RunPlace } from "./run-places.ts";

/** The name under which an agent sees the tools: the one that `sluice setup` gives them too. */
const TOOL_SERVER = "sluice";

/** What an agent finds in its environment: the names of its run and its rights. */
export const agentEnvironment = (run: AgentRun): Readonly<Record<string, string>> => ({
  PATH: run.session.deps.path,
  ...rights(run),
});

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

/** What an agent in a sandbox must write to work in its places, commit there, and report to the workspace. */
export function agentReach(run: AgentRun, places: readonly RunPlace[]): RunReach {
  const { workspace } = run.session.deps;
  const isRemote = workspace.includes("://");
  // An agent program's own sandbox keeps git directories read-only unless they are named.
  const own = places.flatMap(({ dir }) => [dir, join(dir, ".git")]);
  return {
    // Beside a SQLite file its journal is written.
    dirs: isRemote ? own : [...own, dirname(workspace)],
    network: isRemote,
  };
}
