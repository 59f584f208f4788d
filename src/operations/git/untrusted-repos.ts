import type { Sha } from "#domain/git-ref/sha.ts";
import { shellQuote } from "#domain/text/shell-quote.ts";
import type { GitPort } from "#operations/ports/git.ts";
import type { Repo } from "#operations/ports/store/project-store.ts";

/** Enough to know where to look; `sluice trust` shows them all. */
const NAMED = 5;

/**
 * Why nothing of a repository is landed or fetched: settings that could make git run or ask something else changed since a person trusted
 * them. Undefined where nothing did, or the repository is not on this host.
 */
export async function untrustedNote(git: GitPort, repo: Repo): Promise<string | undefined> {
  if (repo.commonDir === null) return undefined;
  const changes = await git.untrusted({ repo: repo.commonDir });
  if (changes.length === 0) return undefined;
  const names = changes.slice(0, NAMED).map(({ name }) => name);
  const more = changes.length > NAMED ? ` and ${changes.length - NAMED} more` : "";
  const place = shellQuote(repo.path ?? repo.commonDir);
  return `Settings of ${repo.alias} changed: ${names.join(", ")}${more}. See what changed, and accept it, with: sluice trust ${place}`;
}

/**
 * Leaves remotes alone whose repository has settings that no person trusted: their heads count as not seen.
 * @param heads by repo id
 */
export async function barHeads(
  git: GitPort,
  repos: readonly Repo[],
  heads: Map<number, Promise<Sha | undefined>>,
): Promise<void> {
  for (const repo of repos)
    if (repo.target === "remote" && !heads.has(repo.id) && (await untrustedNote(git, repo)) !== undefined)
      heads.set(repo.id, Promise.resolve(undefined));
}
