import { SluiceError } from "#domain/errors.ts";
import type { Person } from "#operations/ports/git.ts";
import { decode, type GitRunner } from "./run-git.ts";

/** Who git says commits in this repository; a name guessed from the machine does not count. */
export async function identity(
  git: GitRunner,
  repo: string,
): Promise<{ readonly author: Person; readonly committer: Person }> {
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
export function peopleEnvironment(author: Person, committer: Person): Readonly<Record<string, string>> {
  return {
    GIT_AUTHOR_NAME: author.name,
    GIT_AUTHOR_EMAIL: author.email,
    GIT_COMMITTER_NAME: committer.name,
    GIT_COMMITTER_EMAIL: committer.email,
  };
}
