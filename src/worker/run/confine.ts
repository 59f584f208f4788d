import { existsSync } from "node:fs";
import { join } from "node:path";
import type { Confinement, Isolation } from "#operations/ports/launcher.ts";
import type { Project } from "#operations/ports/store/project-store.ts";
import type { WorkerDeps } from "#worker/worker-deps.ts";
import type { AgentRun, RunContext } from "./run-context.ts";
import { cacheRoot, toolCaches } from "./run-folder.ts";
import type { RunPlace } from "./run-places.ts";

type Asked = Pick<Confinement, "sandbox" | "network">;

const askedOf = ({ policy }: Project, network: boolean): Asked => ({
  sandbox: policy.sandbox ?? "auto",
  network,
});
const isOnline = ({ policy }: Project): boolean => policy.network !== "off";

/** What a project's agents are kept in. Refuses with `unavailable` where this machine cannot give it. */
export const agentIsolation = ({ launcher }: Pick<WorkerDeps, "launcher">, project: Project): Isolation =>
  launcher.isolation(askedOf(project, true));

/** The same of its checks. */
export const checkIsolation = ({ launcher }: Pick<WorkerDeps, "launcher">, project: Project): Isolation =>
  launcher.isolation(askedOf(project, isOnline(project)));

/** What is let into the box of a run's agent. */
export function agentConfinement(
  run: AgentRun,
  places: readonly RunPlace[],
  socket: string | undefined,
): Confinement {
  const { detail, repos } = run.work;
  const read = new Set(detail.repos.flatMap(({ role, repoId }) => (role === "context" ? [repoId] : [])));
  const context = repos.filter(({ id }) => read.has(id)).flatMap(({ path }) => (path === null ? [] : [path]));
  const base = common(run, { network: true, repos: places });
  const writable = [...base.writable, ...places.map(({ dir }) => dir)];
  return { ...base, writable, visible: [...base.visible, ...context], socket, agent: true };
}

/** What is let into the box of a set-up, a check or a premise: the folder it runs in comes by itself. */
export const stepConfinement = (
  run: RunContext,
  { repos, fetches }: { readonly repos: readonly RunPlace[]; readonly fetches: boolean },
): Confinement => common(run, { network: fetches || isOnline(run.project), repos });

function common(
  { session, project }: RunContext,
  { network, repos }: { readonly network: boolean; readonly repos: readonly RunPlace[] },
): Confinement {
  const { stateDir, hidden, programFolders } = session.deps;
  const caches = repos.map(({ repo }) => cacheRoot(stateDir, repo.alias)).filter((dir) => existsSync(dir));
  const lent = repos.flatMap(({ commonDir }) => [join(commonDir, "objects"), join(commonDir, "lfs")]);
  return {
    ...askedOf(project, network),
    writable: caches,
    visible: [...lent, ...programFolders],
    hidden,
    caches: toolCaches(stateDir, project.alias),
    agent: false,
  };
}
