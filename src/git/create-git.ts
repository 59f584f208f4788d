import { join } from "node:path";
import type { GitPort } from "#operations/ports/git.ts";
import { createHistory } from "./commit-history.ts";
import { createLanding } from "./landing.ts";
import { createReading } from "./reading.ts";
import { repoLocks } from "./repo-lock.ts";
import { createRunner } from "./run-git.ts";
import { createRuns } from "./run-repository.ts";
import { createTrust } from "./trusted-settings.ts";

export interface GitOptions {
  /** The environment of this program: git gets PATH, HOME and what it needs to know the person, nothing else. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** A directory of ours on this host, outside every repository, for the lock files. Made when it is not there. */
  readonly stateDir: string;
  /** Epoch milliseconds: the date of the commits we make, the age of a lock file. */
  readonly now: () => number;
  /** A text that no other call gets, to know our own lock file by. */
  readonly nonce: () => string;
}

export function createGit({ env, stateDir, now, nonce }: GitOptions): GitPort {
  const git = createRunner(env);
  const locked = repoLocks({ stateDir, clockMs: now, nonce });
  return {
    name: "git",
    ...createReading(git),
    ...createHistory(git),
    ...createRuns(git, now),
    ...createTrust(git, join(stateDir, "repositories")),
    ...createLanding(git, locked, now),
  };
}
