import type { Sha } from "#domain/git-ref/sha.ts";
import type { RunContext } from "./run-context.ts";
import type { RunPlace } from "./run-places.ts";

/** Subjects listed in the message of a squashed run. */
const MAX_SUBJECTS = 20;

/** The message of what lands: the run's own where it is one commit, else the item's title and what the commits say. */
export async function landingMessage(run: RunContext, place: RunPlace, head: Sha): Promise<string> {
  const { git } = run.session.deps;
  const range = { repo: place.commonDir, from: place.base, to: head, limit: MAX_SUBJECTS };
  const commits = await git.commitsBetween(range);
  const [first, ...others] = commits;
  if (first !== undefined && others.length === 0) return `${first.subject}\n\n${first.body}`.trimEnd();
  const subjects = commits.toReversed().map(({ subject }) => `- ${subject}`);
  return [`${run.name.ref}: ${run.detail.item.title}`, "", ...subjects].join("\n").trimEnd();
}
