import type { Sha } from "#domain/git-ref/sha.ts";
import type { Person } from "#operations/ports/git.ts";
import { peopleEnvironment } from "./identity.ts";
import { shaOf } from "./resolve.ts";
import type { GitRunner } from "./run-git.ts";

export interface NewCommit {
  readonly tree: Sha;
  readonly parents: readonly Sha[];
  readonly message: string;
  readonly author: Person;
  readonly committer: Person;
  /** `SECONDS ±HHMM`, as git keeps dates. */
  readonly authorDate: string;
  readonly committerDate: string;
}

/** Writes a commit object: no hook, no signature, no branch. Equal input gives the equal id. */
export async function writeCommit(git: GitRunner, repo: string, commit: NewCommit): Promise<Sha> {
  const parents = commit.parents.flatMap((parent) => ["-p", parent]);
  const text = await git.text({
    cwd: repo,
    args: ["commit-tree", commit.tree, ...parents, "-F", "-"],
    stdin: commit.message.endsWith("\n") ? commit.message : `${commit.message}\n`,
    env: {
      ...peopleEnvironment(commit.author, commit.committer),
      GIT_AUTHOR_DATE: `@${commit.authorDate}`,
      GIT_COMMITTER_DATE: `@${commit.committerDate}`,
    },
  });
  return shaOf(text);
}

/** A time as git writes it, in the local zone. */
export function gitDate(epochMs: number): string {
  const offset = -new Date(epochMs).getTimezoneOffset();
  const [hours, minutes] = [Math.floor(Math.abs(offset) / 60), Math.abs(offset) % 60];
  const zone = `${offset < 0 ? "-" : "+"}${String(hours).padStart(2, "0")}${String(minutes).padStart(2, "0")}`;
  return `${Math.floor(epochMs / 1000)} ${zone}`;
}
