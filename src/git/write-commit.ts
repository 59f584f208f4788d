import { SluiceError } from "#domain/errors.ts";
import type { Sha } from "#domain/git-ref/sha.ts";
import type { People, Person } from "#operations/ports/git.ts";
import { shaOf } from "./resolve.ts";
import { decode, type GitRunner } from "./run-git.ts";

interface NewCommit {
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

/** Who git says commits in this repository; a name guessed from the machine does not count. */
export async function identity(git: GitRunner, repo: string): Promise<People> {
  return { author: await ident(git, repo, "AUTHOR"), committer: await ident(git, repo, "COMMITTER") };
}

async function ident(git: GitRunner, repo: string, role: "AUTHOR" | "COMMITTER"): Promise<Person> {
  const args = ["-c", "user.useConfigOnly=true", "var", `GIT_${role}_IDENT`];
  const result = await git.run({ cwd: repo, args });
  const [, name, email] = /^(.+) <([^>]*)> \d+ [+-]\d{4}\n?$/.exec(decode(result.stdout)) ?? [];
  if (result.exit === 0 && name !== undefined && email !== undefined) return { name, email };
  throw new SluiceError("invalid", "Git does not know who commits in this repository", {
    hint: 'Run: git config --global user.name "Your Name" && git config --global user.email you@example.org',
    details: { field: "user.name", value: null, accepted: "a name and an email in git's configuration" },
  });
}

/** The environment under which plumbing writes a commit of these people. */
function peopleEnvironment(author: Person, committer: Person): Readonly<Record<string, string>> {
  return {
    GIT_AUTHOR_NAME: author.name,
    GIT_AUTHOR_EMAIL: author.email,
    GIT_COMMITTER_NAME: committer.name,
    GIT_COMMITTER_EMAIL: committer.email,
  };
}
