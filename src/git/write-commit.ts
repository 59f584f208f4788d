import { SluiceError } from "#domain/errors.ts";
import type { Sha } from "#domain/git-ref/sha.ts";
import type { People, Person } from "#operations/ports/git.ts";
import { shaOf } from "./resolve.ts";
import { decode, gitFailed, type GitRunner } from "./run-git.ts";

interface NewCommit {
  readonly tree: Sha;
  readonly parents: readonly Sha[];
  readonly message: string;
  /** `SECONDS ±HHMM`, as git keeps dates. */
  readonly authorDate: string;
  readonly committerDate: string;
}

/** A name that git would guess from the machine does not count. */
const NO_GUESS = ["-c", "user.useConfigOnly=true"] as const;

/**
 * Writes a commit object in the name of who commits in the repository: no hook, no signature, no branch. Equal input gives the equal id.
 * @param objects folder of objects that it is made from and goes to; default the repository's own
 */
export async function writeCommit(
  git: GitRunner,
  repo: string,
  commit: NewCommit,
  objects?: string,
): Promise<Sha> {
  const parents = commit.parents.flatMap((parent) => ["-p", parent]);
  const args = [...NO_GUESS, "commit-tree", commit.tree, ...parents, "-F", "-"];
  const { exit, stdout, stderr } = await git.run({
    cwd: repo,
    args,
    stdin: commit.message.endsWith("\n") ? commit.message : `${commit.message}\n`,
    env: {
      GIT_AUTHOR_DATE: `@${commit.authorDate}`,
      GIT_COMMITTER_DATE: `@${commit.committerDate}`,
      ...(objects === undefined ? {} : { GIT_OBJECT_DIRECTORY: objects }),
    },
  });
  if (exit === 0) return shaOf(decode(stdout));
  await identity(git, repo);
  throw gitFailed(["commit-tree"], stderr);
}

/** A time as git writes it, in the local zone. */
export function gitDate(epochMs: number): string {
  const offset = -new Date(epochMs).getTimezoneOffset();
  const [hours, minutes] = [Math.floor(Math.abs(offset) / 60), Math.abs(offset) % 60];
  const zone = `${offset < 0 ? "-" : "+"}${String(hours).padStart(2, "0")}${String(minutes).padStart(2, "0")}`;
  return `${Math.floor(epochMs / 1000)} ${zone}`;
}

/** Who git says commits in this repository; a name guessed from the machine does not count. */
export async function identity(git: GitRunner, repo: string): Promise<People> {
  const [author, committer] = await Promise.all([ident(git, repo, "AUTHOR"), ident(git, repo, "COMMITTER")]);
  return { author, committer };
}

async function ident(git: GitRunner, repo: string, role: "AUTHOR" | "COMMITTER"): Promise<Person> {
  const args = [...NO_GUESS, "var", `GIT_${role}_IDENT`];
  const result = await git.run({ cwd: repo, args });
  const [, name, email] = /^(.+) <([^>]*)> \d+ [+-]\d{4}\n?$/.exec(decode(result.stdout)) ?? [];
  if (result.exit === 0 && name !== undefined && email !== undefined) return { name, email };
  throw new SluiceError("invalid", "Git has no name and email to commit with in this repository", {
    hint: 'Run: git config --global user.name "Your Name" && git config --global user.email you@example.org',
    details: { field: "user.name", value: null, accepted: "a name and an email in git's configuration" },
  });
}
