import type { Sha } from "#domain/git-ref/sha.ts";
import type { GitPort, RunRepository } from "#operations/ports/git.ts";
import type { FixtureRepo, GitSandbox } from "./git-fixture.ts";
import { gitUnderTest } from "./git-under-test.ts";

export const BRANCH = "sluice/OB-1-R1";
export const ADA = { name: "Ada Human", email: "ada@example.org" };
export const PEOPLE = { author: ADA, committer: ADA };

interface OpenedRun {
  readonly git: GitPort;
  readonly repo: FixtureRepo;
  readonly base: Sha;
  readonly at: RunRepository;
  /** The run's folder, driven as its agent does. */
  readonly run: FixtureRepo;
  readonly save: () => ReturnType<GitPort["saveRun"]>;
}

const FILES = { "a.txt": "1\n", "b.txt": "1\n", ".gitignore": "ignored\n" };

/** A run of a repository with these files, at its base. */
export async function openRun(
  sandbox: GitSandbox,
  repo = sandbox.repo("app"),
  files: Record<string, string> = FILES,
): Promise<OpenedRun> {
  const git = gitUnderTest(sandbox);
  const base = repo.commit({ files });
  return openAt(sandbox, { git, repo, base });
}

export async function openAt(
  sandbox: GitSandbox,
  { git, repo, base }: Pick<OpenedRun, "git" | "repo" | "base">,
): Promise<OpenedRun> {
  const at = { repo: repo.repo, dir: sandbox.path("runs", "R-1") };
  await git.openRun({ ...at, branch: BRANCH, commit: base, people: PEOPLE });
  const save = () => git.saveRun({ ...at, branch: BRANCH, base, message: "OB-1: work of a run" });
  return { git, repo, base, at, run: sandbox.at(at.dir), save };
}
