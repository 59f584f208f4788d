import { SluiceError } from "#domain/errors.ts";
import { runBranch } from "#domain/git-ref/branch-name.ts";
import type { People } from "#operations/ports/git.ts";
import { patiently } from "#worker/git-patience.ts";
import { provideFiles } from "./provide-files.ts";
import type { AgentRun, RunContext } from "./run-context.ts";
import { cacheRoot, worktreeDir } from "./run-folder.ts";
import type { RunPlace, TargetRepo } from "./run-places.ts";
import { runShell } from "./shell-step.ts";

/** A target with the commit that the run starts from, and who commits there. */
export interface BasedRepo extends TargetRepo {
  readonly people: People;
  readonly base: RunPlace["base"];
}

/** Makes one worktree per target repo, each recorded before it exists so that a crash leaves nothing unknown. */
export async function openWorktrees(
  run: AgentRun,
  repos: readonly BasedRepo[],
  places: RunPlace[],
): Promise<readonly RunPlace[]> {
  for (const repo of repos) {
    const place = await openWorktree(run, repo, places);
    const { base, runBranch: branch } = place;
    run.session.options.emit({ type: "prepared", ...run.name, repo: repo.repo.alias, branch, base });
  }
  for (const place of places) await setUp(run, place);
  return places;
}

async function openWorktree(run: AgentRun, target: BasedRepo, places: RunPlace[]): Promise<RunPlace> {
  const { deps } = run.session;
  const { ref } = run.name;
  const place: RunPlace = {
    ...target,
    dir: worktreeDir(deps.stateDir, target.repo.alias, run.runId),
    runBranch: runBranch({ item: ref, run: run.runId, title: run.detail.item.title }),
  };
  const repo = {
    repoId: target.repo.id,
    target: target.branch,
    worktree: place.dir,
    branch: place.runBranch,
    baseSha: place.base,
  };
  await deps.port.record({ host: deps.host, run: run.runId, facts: { repo } });
  places.push(place);
  const { commonDir, runBranch: branch, dir, base: commit } = place;
  const { people } = target;
  await patiently(deps, { commonDir, branches: [branch] }, () =>
    deps.git.openRun({ repo: commonDir, dir, branch, commit, people }),
  );
  const provided = provideFiles(place.repo, dir, cacheRoot(deps.stateDir, place.repo.alias));
  await deps.git.leaveOut({ repo: commonDir, dir }, provided);
  return place;
}

/** Runs the repo's set-up there. A failure is the runner's fault, never the item's. */
async function setUp(run: RunContext, place: RunPlace): Promise<void> {
  if (place.repo.setup === null) return;
  const result = await runShell(run, {
    text: place.repo.setup,
    cwd: place.dir,
    label: `setup-${place.repo.alias}`,
    timeoutMs: run.session.deps.limits.setupTimeoutMs,
    repos: [place],
    fetches: true,
  });
  if (result.kind === "passed" || result.kind === "interrupted") return;
  throw new SluiceError(
    "unavailable",
    `The set-up of repo ${place.repo.alias} ${result.why}: ${result.tail}`.trimEnd(),
    { hint: `Repair it with: sluice repo edit ${place.repo.alias} --setup CMD` },
  );
}
