import { join } from "node:path";
import { runRef } from "#domain/ref.ts";

/** Where the files of one run are, below the worker's state folder. */
export interface RunFolder {
  readonly dir: string;
  readonly brief: string;
  readonly agentLog: string;
  readonly temp: string;
}

export function runFolder(stateDir: string, runId: number): RunFolder {
  const dir = join(stateDir, "runs", runRef(runId));
  return {
    dir,
    brief: join(dir, "brief.md"),
    agentLog: join(dir, "agent.log"),
    temp: join(dir, "tmp"),
  };
}

/** Folder of all worktrees of runs, one folder per repo in it. */
export function worktreesDir(stateDir: string): string {
  return join(stateDir, "worktrees");
}

export function worktreeDir(stateDir: string, alias: string, runId: number): string {
  return join(worktreesDir(stateDir), alias, runRef(runId));
}

/** Folder of the folders that all worktrees of a repo share. */
export function cacheRoot(stateDir: string, alias: string): string {
  return join(stateDir, "caches", alias);
}

/** Folder of what tools in the sandbox cache: one of each project, which no repo's name can be. */
export const toolCaches = (stateDir: string, project: string): string =>
  join(stateDir, "caches", `.tools-${project}`);

/** Folder of all check worktrees of a repo; each is named after its run and a number. */
export function checksDir(stateDir: string, alias: string): string {
  return join(stateDir, "checks", alias);
}

export const checkName = (runId: number, n: number): string => `check-${runRef(runId)}-${n}`;

/** The name of the run's check that a file in that folder belongs to: its worktree, or what stands beside that. */
export const checkNamed = (entry: string, runId: number): string | undefined =>
  entry.startsWith(`check-${runRef(runId)}-`) ? entry.split(".")[0] : undefined;
