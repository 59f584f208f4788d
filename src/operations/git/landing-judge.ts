import type { Caller } from "#domain/caller.ts";
import { isSha, type Sha } from "#domain/git-ref/sha.ts";
import { formatRef } from "#domain/ref.ts";
import type { Context } from "#operations/context.ts";
import type { GitPort } from "#operations/ports/git.ts";
import type { ItemDetail } from "#operations/ports/store/item-store.ts";
import type { Repo } from "#operations/ports/store/project-store.ts";
import { targetHead } from "./target-head.ts";

/**
 * Whether the target branches hold an item's result: `there` in every target repository, `gone` from one that has the commit but
 * not on its target, else `unseen`, which decides nothing.
 */
export type Sight = "there" | "gone" | "unseen";

/** Asks the history about items, in git's own name. */
export interface LandingJudge {
  readonly by: Caller;
  readonly git: GitPort;
  readonly refOf: (id: number) => string;
  /** Prefixes of refs, the current one and former ones. */
  readonly prefixes: readonly string[];
  readonly sightOf: (detail: ItemDetail) => Promise<Sight>;
}

/** @param repos those with a checkout on this host, as far as they were asked for; every other repository is `unseen` */
export async function openLandingJudge(context: Context, repos: readonly Repo[]): Promise<LandingJudge> {
  const { store, caller } = context;
  const git = await context.git();
  const prefixes = await store.projects.prefixes();
  const [prefix = ""] = prefixes;
  const by: Caller = {
    actor: { kind: "system", name: "git" },
    auth: "asserted",
    authority: "system",
    door: caller.door,
    host: caller.host,
  };
  const sightOf = async (detail: ItemDetail): Promise<Sight> => {
    const targets = detail.repos.filter(({ role }) => role === "target");
    const sights = new Set<Sight>(targets.length === 0 ? ["unseen"] : []);
    for (const { repoId } of targets) {
      const repo = repos.find(({ id }) => id === repoId);
      sights.add(repo === undefined ? "unseen" : await sightIn({ context, git, prefixes }, repo, detail));
    }
    return sights.has("gone") ? "gone" : sights.has("unseen") ? "unseen" : "there";
  };
  return { by, git, prefixes, refOf: (id) => formatRef(prefix, id), sightOf };
}

interface Sources {
  readonly context: Context;
  readonly git: GitPort;
  readonly prefixes: readonly string[];
}

async function sightIn({ context, git, prefixes }: Sources, repo: Repo, detail: ItemDetail): Promise<Sight> {
  const head = await targetHead(git, repo);
  if (head === undefined || repo.commonDir === null) return "unseen";
  const recorded = await recordedCommits(context, detail, repo.id);
  for (const sha of recorded)
    if (await git.reachable({ repo: repo.commonDir, sha, from: head })) return "there";
  const known = await existing(git, repo.commonDir, recorded);
  const naming = await namingCommits(context, prefixes, detail.item.id, repo.id);
  if (await sameChange(git, repo.commonDir, known, naming, head)) return "there";
  return known.length === 0 ? "unseen" : "gone";
}

/** Commits on record as the item's result in a repo: landed merges, heads of its runs, and commits given as evidence. */
async function recordedCommits(
  { store }: Context,
  { item, evidence }: ItemDetail,
  repoId: number,
): Promise<readonly Sha[]> {
  const landings = await store.runs.landings({ itemId: item.id });
  const runs = await store.runs.list({ itemId: item.id, page: { limit: 100 } });
  const heads = runs.items.flatMap((run) =>
    run.repos
      .filter((repo) => repo.repoId === repoId && repo.headSha !== repo.baseSha)
      .map((repo) => repo.headSha ?? ""),
  );
  const merges = landings
    .filter((landing) => landing.repoId === repoId && landing.state === "landed")
    .map((landing) => landing.merge);
  const given = evidence.filter(({ kind }) => kind === "commit").map(({ value }) => value);
  return Array.from(new Set([...merges, ...heads, ...given])).filter(isSha);
}

async function namingCommits(
  { store }: Context,
  prefixes: readonly string[],
  number: number,
  repoId: number,
): Promise<readonly Sha[]> {
  const commits = await store.commits.ofItem({ prefixes, number });
  return commits
    .filter((commit) => commit.repoId === repoId)
    .map((commit) => commit.sha)
    .filter(isSha);
}

/** A rebase keeps the change and its message but not its id: equal patch-id, the ref in the message, and on the target. */
async function sameChange(
  git: GitPort,
  repo: string,
  known: readonly Sha[],
  naming: readonly Sha[],
  head: Sha,
): Promise<boolean> {
  if (known.length === 0 || naming.length === 0) return false;
  const wanted = new Set((await git.patchIds({ repo, shas: known })).values());
  const present = await git.patchIds({ repo, shas: await existing(git, repo, naming) });
  for (const [sha, patch] of present)
    if (wanted.has(patch) && (await git.reachable({ repo, sha, from: head }))) return true;
  return false;
}

/** Those that the repository has: another host's checkout, or a garbage collection, lacks some. */
async function existing(git: GitPort, repo: string, shas: readonly Sha[]): Promise<readonly Sha[]> {
  const found: Sha[] = [];
  for (const sha of shas) if (await git.reachable({ repo, sha, from: sha })) found.push(sha);
  return found;
}
