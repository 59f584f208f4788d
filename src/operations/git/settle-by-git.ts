import type { Caller } from "#domain/caller.ts";
import { isSha, type Sha } from "#domain/git-ref/sha.ts";
import { formatRef } from "#domain/ref.ts";
import type { Context } from "#operations/context.ts";
import type { GitPort } from "#operations/ports/git.ts";
import type { ItemDetail } from "#operations/ports/store/item-store.ts";
import type { Repo } from "#operations/ports/store/project-store.ts";
import { targetHead } from "./target-head.ts";

/** What the history said about items. Refs. */
export interface GitSettlement {
  readonly settled: string[];
  readonly unlanded: string[];
  readonly reopened: string[];
  readonly closed: string[];
}

/** A rebase or a deploy in progress brings a commit back within a day; after that a person looks. */
const GRACE_MS = 24 * 3_600_000;
/** Items looked at in one scan. */
const MOST = 1_000;

/** Lets the history of the repositories decide: what waits for git is settled, what git lost comes back. Never on a mere mention. */
export async function settleByGit(context: Context, repos: readonly Repo[]): Promise<GitSettlement> {
  const { store } = context;
  const judge = await openJudge(context, repos);
  const waiting = await store.items.list({
    filter: { states: ["review"], phases: ["await_git"] },
    page: { limit: MOST },
  });
  const settled: string[] = [];
  const reopened: string[] = [];
  for (const { id, notBefore } of waiting.items) {
    const detail = await store.items.get({ id });
    if (await judge.landed(detail)) {
      await store.claims.advance({
        by: judge.by,
        id,
        phase: "await_git",
        note: "Seen on the target branch of every repository",
      });
      settled.push(judge.refOf(id));
    } else if (notBefore !== null && notBefore <= (await store.now())) {
      await store.items.reopen({
        by: judge.by,
        id,
        reason: "Its commit has been gone from the target for a day",
      });
      reopened.push(judge.refOf(id));
    }
  }
  return {
    settled,
    reopened,
    unlanded: await unlandLost(context, judge),
    closed: await closeNamed(context, judge, repos),
  };
}

interface Judge {
  readonly by: Caller;
  readonly git: GitPort;
  readonly refOf: (id: number) => string;
  readonly prefixes: readonly string[];
  /** Whether every target repository's branch holds the item's recorded commit, or one that makes the same change and names it. */
  readonly landed: (detail: ItemDetail) => Promise<boolean>;
}

async function openJudge(context: Context, repos: readonly Repo[]): Promise<Judge> {
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
  const landed = async (detail: ItemDetail): Promise<boolean> => {
    const targets = detail.repos.filter((repo) => repo.role === "target");
    for (const { repoId } of targets) {
      const repo = repos.find(({ id }) => id === repoId);
      if (repo === undefined || !(await onTarget({ context, git, prefixes }, repo, detail))) return false;
    }
    return targets.length > 0;
  };
  return { by, git, prefixes, refOf: (id) => formatRef(prefix, id), landed };
}

interface Sources {
  readonly context: Context;
  readonly git: GitPort;
  readonly prefixes: readonly string[];
}

async function onTarget(
  { context, git, prefixes }: Sources,
  repo: Repo,
  detail: ItemDetail,
): Promise<boolean> {
  const head = await targetHead(git, repo);
  if (head === undefined || repo.commonDir === null) return false;
  const recorded = await recordedCommits(context, detail, repo.id);
  for (const sha of recorded) if (await git.reachable({ repo: repo.commonDir, sha, from: head })) return true;
  return sameChange(
    git,
    repo.commonDir,
    recorded,
    await namingCommits(context, prefixes, detail.item.id, repo.id),
    head,
  );
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
  recorded: readonly Sha[],
  naming: readonly Sha[],
  head: string,
): Promise<boolean> {
  const known = await existing(git, repo, recorded);
  if (known.length === 0 || naming.length === 0) return false;
  const wanted = new Set((await git.patchIds({ repo, shas: known })).values());
  const present = await git.patchIds({ repo, shas: await existing(git, repo, naming) });
  for (const [sha, patch] of present)
    if (wanted.has(patch) && (await git.reachable({ repo, sha, from: head }))) return true;
  return false;
}

/** Those that the repository still has: a garbage collection may have taken the others. */
async function existing(git: GitPort, repo: string, shas: readonly Sha[]): Promise<readonly Sha[]> {
  const found: Sha[] = [];
  for (const sha of shas) if (await git.reachable({ repo, sha, from: sha })) found.push(sha);
  return found;
}

/** Done items whose landed commit the target no longer has: back to review, and open in triage after a day. */
async function unlandLost({ store }: Context, judge: Judge): Promise<string[]> {
  const lost: string[] = [];
  for (const itemId of new Set(
    (await store.runs.landings({ state: "landed" })).map((landing) => landing.itemId),
  )) {
    const detail = await store.items.get({ id: itemId });
    if (detail.item.state !== "done" || (await judge.landed(detail))) continue;
    await store.items.unland({
      by: judge.by,
      id: itemId,
      reason: "Its commit is no longer on the target branch",
      graceMs: GRACE_MS,
    });
    lost.push(judge.refOf(itemId));
  }
  return lost;
}

/** `Closes OB-9` on the target closes an open item that nobody works on, where the project's policy says so. */
async function closeNamed({ store }: Context, judge: Judge, repos: readonly Repo[]): Promise<string[]> {
  const closed: string[] = [];
  for (const { item, sha } of await store.commits.closing({ prefixes: judge.prefixes })) {
    const project = await store.projects.byId({ id: item.projectId });
    const repo = repos.find(({ id }) => id === item.repoId);
    if (project.policy.commitsClose !== true || repo?.commonDir === null || repo === undefined) continue;
    const head = await targetHead(judge.git, repo);
    if (head === undefined || !(await judge.git.reachable({ repo: repo.commonDir, sha, from: head })))
      continue;
    await store.items.close({
      by: judge.by,
      id: item.id,
      reason: `Commit ${sha} closes it`,
      evidence: [{ kind: "commit", value: sha }],
    });
    closed.push(judge.refOf(item.id));
  }
  return closed;
}
