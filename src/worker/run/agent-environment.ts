import { dirname, isAbsolute, join } from "node:path";
import { type Actor, formatActor } from "#domain/actor.ts";
import type { RunMcpServer, RunReach } from "#operations/ports/launcher.ts";
import type { AgentRun } from "./run-context.ts";
import type { RunPlace } from "./run-places.ts";

/** The name under which an agent sees the tools: the one that `sluice setup` gives them too. */
const TOOL_SERVER = "sluice";

/** What an agent finds in its environment: the names of its run and its rights. */
export const agentEnvironment = (run: AgentRun, workspace: string): Readonly<Record<string, string>> => ({
  PATH: run.session.deps.path,
  ...rights(run, workspace),
});

/** The backlog as tools, for agents that speak MCP: in the name of the run, under its lease, and found again by its marks. */
export function toolServer(run: AgentRun, workspace: string): RunMcpServer {
  const marks = { SLUICE_RUN: run.name.run, SLUICE_RUN_TOKEN: run.token };
  return { name: TOOL_SERVER, ...run.session.deps.toolServer, env: { ...rights(run, workspace), ...marks } };
}

function rights(run: AgentRun, workspace: string): Readonly<Record<string, string>> {
  return {
    SLUICE_LEASE: run.leaseId,
    SLUICE_ACTOR: formatActor(agentOf(run)),
    SLUICE_WORKSPACE: workspace,
    SLUICE_PROJECT: run.project.alias,
    SLUICE_ITEM: run.name.ref,
  };
}

export const agentOf = ({ runner }: AgentRun): Actor => ({ kind: "ai", name: runner.name });

/** What an agent in a sandbox of its own must write to work in its places, commit there, and report to the workspace. */
export function agentReach(places: readonly RunPlace[], workspace: string): RunReach {
  const isRemote = !isAbsolute(workspace);
  // An agent program's own sandbox keeps git directories read-only unless they are named.
  const own = places.flatMap(({ dir }) => [dir, join(dir, ".git")]);
  return {
    // Beside a SQLite file its journal is written.
    dirs: isRemote ? own : [...own, dirname(workspace)],
    network: isRemote,
  };
}
