import { existsSync, readFileSync, mkdirSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { z } from "zod";
import { runRef } from "#domain/ref.ts";

/** Where the files of one run are, below the worker's state folder. */
export interface RunFolder {
  readonly dir: string;
  readonly brief: string;
  readonly agentLog: string;
  readonly temp: string;
  /** What the repositories looked like before the agent started. */
  readonly guards: string;
  /** What moved in them until the agent had ended, once that was looked at. */
  readonly moved: string;
  /** What its git may not move is refused by the hooks here, */
  readonly hooks: string;
  /** or, where git asks no hook, by the program `git` here. */
  readonly programs: string;
  /** Tells git of those hooks. */
  readonly gitConfig: string;
  /** Folder of the file that each refusal is written to. */
  readonly refusals: string;
  /** Git ignores in the run's worktrees what this file lists. */
  readonly exclude: string;
}

export function runFolder(stateDir: string, runId: number): RunFolder {
  const dir = join(stateDir, "runs", runRef(runId));
  return {
    dir,
    brief: join(dir, "brief.md"),
    agentLog: join(dir, "agent.log"),
    temp: join(dir, "tmp"),
    guards: join(dir, "guards.json"),
    moved: join(dir, "moved.json"),
    hooks: join(dir, "hooks"),
    programs: join(dir, "bin"),
    gitConfig: join(dir, "gitconfig"),
    refusals: join(dir, "refusals"),
    exclude: join(dir, "exclude"),
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

/** Folder of all check worktrees of a repo; each is named after its run and a number. */
export function checksDir(stateDir: string, alias: string): string {
  return join(stateDir, "checks", alias);
}

export const checkName = (runId: number, n: number): string => `check-${runRef(runId)}-${n}`;

export const isCheckOf = (name: string, runId: number): boolean => name.startsWith(`check-${runRef(runId)}-`);

/** A worktree's own part of the git directory, which its file `.git` names: index and HEAD are there. */
export function linkedGitDir(dir: string): string | undefined {
  const file = join(dir, ".git");
  if (!existsSync(file)) return undefined;
  const [, named] = /^gitdir: (.+)$/m.exec(readFileSync(file, "utf8")) ?? [];
  return named === undefined ? undefined : resolve(dir, named);
}

const Copies = z.array(z.string());

const file = (folder: RunFolder, alias: string): string => join(folder.dir, `copies-${alias}.json`);

/** Remembers which files of a run's worktree were copied in, so that whoever saves its work can leave them out. */
export function keepCopies(folder: RunFolder, alias: string, copies: readonly string[]): void {
  mkdirSync(folder.dir, { recursive: true, mode: 0o700 });
  writeFileSync(file(folder, alias), JSON.stringify(copies));
}

/** None where nothing was kept, or what was kept is broken. */
export function keptCopies(folder: RunFolder, alias: string): readonly string[] {
  try {
    return Copies.parse(JSON.parse(readFileSync(file(folder, alias), "utf8")));
  } catch {
    return [];
  }
}
