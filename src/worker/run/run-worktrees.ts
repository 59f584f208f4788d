import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { SluiceError } from "#domain/errors.ts";
import { runBranch } from "#domain/git-ref/branch-name.ts";
import { patiently } from "#worker/git-patience.ts";
import { keepCopies, cacheRoot, worktreeDir } from "./run-folder.ts";
import { provideFiles } from "./provide-files.ts";
import type { AgentRun, RunContext } from "./run-context.ts";
import type { RunPlace, TargetRepo } from "./run-places.ts";
import { runShell } from "./shell-step.ts";

/** A target with the commit that the run starts from. */
export interface BasedRepo extends TargetRepo {
  readonly base: RunPlace["base"];
}

/** Makes one worktree per target repo, each recorded before it exists so that a crash leaves nothing unknown. */
export async function openWorktrees(
  run: AgentRun,
  repos: readonly BasedRepo[],
): Promise<readonly RunPlace[]> {
  const places: RunPlace[] = [];
  const excluded: string[] = [];
  for (const repo of repos) {
    const place = await openWorktree(run, repo);
    const provided = provideFiles(
      repo.repo,
      place.dir,
      cacheRoot(run.session.deps.stateDir, place.repo.alias),
    );
    excluded.push(...provided.copies, ...provided.caches);
    keepCopies(run.folder, place.repo.alias, provided.copies);
    places.push(place);
    const { base, runBranch: branch } = place;
    run.session.options.emit({ type: "prepared", ...run.name, repo: repo.repo.alias, branch, base });
  }
  writeFileSync(run.folder.exclude, excluded.map((path) => `/${path}\n`).join(""));
  for (const place of places) await setUp(run, place);
  return places;
}

async function openWorktree(run: AgentRun, target: BasedRepo): Promise<RunPlace> {
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
  mkdirSync(join(place.dir, ".."), { recursive: true });
  const { commonDir, runBranch: branch, dir, base } = place;
  await patiently(deps, { commonDir, branches: [branch] }, () =>
    deps.git.addWorktree({ repo: commonDir, dir, branch, base }),
  );
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
  });
  if (result.kind === "passed" || result.kind === "interrupted") return;
  throw new SluiceError(
    "unavailable",
    `The set-up of repo ${place.repo.alias} ${result.why}: ${result.tail}`.trimEnd(),
    { hint: `Repair it with: sluice repo edit ${place.repo.alias} --setup CMD` },
  );
}

/**
 * Removes a run's worktrees once its work is on its branch, which stays; of one whose folder is gone, what git remembers. What git
 * finds unsaved stays too.
 */
export async function closeWorktrees(
  run: Pick<RunContext, "session" | "name" | "folder">,
  places: readonly RunPlace[],
): Promise<void> {
  const { deps, options } = run.session;
  for (const { commonDir: repo, dir, runBranch } of places) {
    try {
      await patiently(deps, { commonDir: repo, branches: [runBranch] }, () =>
        deps.git.removeWorktree({ repo, dir }),
      );
    } catch (error) {
      if (!(error instanceof SluiceError)) throw error;
      if (error.code === "not_found") continue; // it was never made, or is gone with its registration
      options.emit({ type: "problem", code: error.code, message: error.message, run: run.name.run });
    }
  }
  rmSync(run.folder.temp, { recursive: true, force: true });
}
