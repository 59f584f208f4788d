import {
  appendFileSync,
  chmodSync,
  copyFileSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, isAbsolute, join } from "node:path";
import { invalidField, SluiceError } from "#domain/errors.ts";
import { parseBranchName } from "#domain/git-ref/branch-name.ts";
import { isSha, parseSha, type Sha } from "#domain/git-ref/sha.ts";
import type { GitRuns, RunRepository, SavedRun } from "#operations/ports/git.ts";
import { bringBack, carryLfs, refused } from "./bring-back.ts";
import { splitNul } from "./git-environment.ts";
import {
  isPartial,
  lend,
  type Lender,
  lenderOf,
  type PrivateGitDir,
  through,
  writeGitDir,
} from "./private-git-dir.ts";
import { standingIn } from "./remote.ts";
import { clash, commitAt, commitsWithTrees, contains, shaOf } from "./resolve.ts";
import { rewriteMessages } from "./rewrite-messages.ts";
import { decode, gitFailed, type GitRunner } from "./run-git.ts";
import { deleteBranch } from "./remove-branch.ts";
import { openOwnDir } from "./own-git-dir.ts";
import { gitDate, writeCommit } from "./write-commit.ts";

/** @param now epoch milliseconds */
export function createRuns(git: GitRunner, now: () => number): GitRuns {
  return {
    openRun: (p) => openRun(git, p),
    leaveOut: async ({ dir }, paths) => leaveOut(dir, paths),
    ownHead: async ({ dir, branch }) => openOwnDir(dir)?.ref(`refs/heads/${parseBranchName(branch)}`),
    saveRun: (p) => saveRun(git, now(), p),
    closeRun: (p) => closeRun(git, p),
    deleteBranch: (p) => deleteBranch(git, p),
    rewriteMessages: (p) => rewriteMessages(git, p),
  };
}

/** Checking out a large repository takes longer than any other call. */
const CHECKOUT_TIMEOUT_MS = 10 * 60_000;

/** Beside the folder, where the run has no business: what its files were when it began, and what is not its work. */
const indexOf = (dir: string): string => `${dir}.index`;
const excludeOf = (dir: string): string => `${dir}.exclude`;

/** What the folder is called while it is being removed. */
const removedOf = (dir: string): string => `${dir}.removing`;

/** Keeps the run's base from being collected, whatever the person does to their branches. */
const baseRef = (dir: string): string => `refs/sluice/base/${basename(dir)}`;

async function openRun(git: GitRunner, p: Parameters<GitRuns["openRun"]>[0]): Promise<void> {
  const { repo, dir, people } = p;
  if (!isAbsolute(dir)) throw invalidField("dir", dir, "an absolute path");
  if (existsSync(dir)) throw clash(`${dir} already exists`, "Give a directory that does not exist yet.");
  const commit = parseSha(p.commit);
  const branch = p.branch === undefined ? undefined : `refs/heads/${parseBranchName(p.branch)}`;
  await git.text({ cwd: repo, args: ["update-ref", "-m", "sluice: run", baseRef(dir), commit] });
  try {
    const [lender, known] = await Promise.all([lenderOf(git, repo), publicRefs(git, repo)]);
    const own = branch === undefined ? [] : [{ ref: branch, sha: commit }];
    const refs = [...known.filter(({ ref }) => ref !== branch), ...own];
    if (isPartial(lender)) await fetchMissing(git, repo, commit);
    await checkOut(git, dir, commit, lender);
    const head = branch === undefined ? commit : `ref: ${branch}`;
    writeGitDir(join(dir, ".git"), { lender, head, refs, people, origin: branch !== undefined });
    copyIndex(indexOf(dir), join(dir, ".git", "index"));
  } catch (error) {
    await closeRun(git, p);
    throw error;
  }
}

/** Into the registered repository, once: each run would fetch them anew for itself. */
async function fetchMissing(git: GitRunner, repo: string, commit: Sha): Promise<void> {
  const list = await git.text({
    cwd: repo,
    args: ["rev-list", "--objects", "--no-walk", "--missing=print", commit],
  });
  const missing = list.split("\n").flatMap((line) => (line.startsWith("?") ? [`${line.slice(1)}\n`] : []));
  if (missing.length === 0) return;
  const how = ["--quiet", "--no-tags", "--no-write-fetch-head", "--filter=blob:none", "--stdin"];
  const args = ["-c", "fetch.negotiationAlgorithm=noop", "fetch", ...how, "--", "origin"];
  await git.text({ cwd: standingIn(repo), args, stdin: missing.join(""), timeoutMs: CHECKOUT_TIMEOUT_MS });
}

/** Branches, tags and what was last seen of remotes: what `git log main` and `git describe` need. */
async function publicRefs(git: GitRunner, repo: string): Promise<NonNullable<PrivateGitDir["refs"]>> {
  const args = [
    "for-each-ref",
    "--format=%(objectname) %(refname) %(symref)",
    "refs/heads",
    "refs/tags",
    "refs/remotes",
  ];
  const text = await git.text({ cwd: repo, args });
  return text.split("\n").flatMap((row) => {
    const [sha = "", ref = "", symbolic] = row.split(" ");
    return isSha(sha) && symbolic === "" ? [{ ref, sha }] : [];
  });
}

/**
 * With its time, cut to the millisecond: git looks into files that are as young as the index. A copy that is younger would vouch for a
 * file that changed, with the same size, in the very tick of the clock in which it was checked out.
 */
function copyIndex(from: string, to: string): void {
  copyFileSync(from, to);
  const seconds = Math.floor(statSync(from).mtimeMs) / 1000;
  utimesSync(to, seconds, seconds);
}

/** Through a git directory of ours, whose index is kept: by it we know what the run changed. */
async function checkOut(git: GitRunner, dir: string, commit: Sha, lender: Lender): Promise<void> {
  mkdirSync(dir, { recursive: true });
  await withGitDir({ lender, head: commit }, async (gitDir) => {
    const args = ["read-tree", "--reset", "-u", commit];
    const env = through(gitDir, dir);
    await git.text({ cwd: dir, args, env, repositoryFilters: true, timeoutMs: CHECKOUT_TIMEOUT_MS });
    copyIndex(join(gitDir, "index"), indexOf(dir));
  });
}

/** Files that were put there, not made by the run: git does not see them, and none of them is saved. */
function leaveOut(dir: string, paths: readonly string[]): void {
  if (paths.length === 0) return;
  const lines = paths.map((path) => `/${path.replaceAll(/[\\*?[\]]/g, "\\$&")}\n`).join("");
  writeFileSync(excludeOf(dir), paths.join("\0"));
  appendFileSync(join(dir, ".git", "info", "exclude"), `\n${lines}`);
}

/** A git directory of ours for one piece of work: whatever a run did to its own, this one is new. */
async function withGitDir<T>(p: PrivateGitDir, work: (gitDir: string) => Promise<T>): Promise<T> {
  const scratch = mkdtempSync(join(tmpdir(), "sluice-git-"));
  try {
    const gitDir = join(scratch, ".git");
    writeGitDir(gitDir, p);
    return await work(gitDir);
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

async function saveRun(
  git: GitRunner,
  nowMs: number,
  p: Parameters<GitRuns["saveRun"]>[0],
): Promise<SavedRun> {
  const branch = parseBranchName(p.branch);
  if (!branch.startsWith("sluice/"))
    throw new SluiceError("denied", `The branch ${branch} is not one of Sluice's own, it is left alone`);
  const isThere = existsSync(p.dir);
  const saved = isThere ? await bringHome(git, nowMs, p) : { head: parseSha(p.base), embedded: [] };
  const isDone = saved.embedded.length === 0;
  if (saved.head !== p.base && (await makeBranch(git, p, { head: saved.head, isDone }))) {
    if (isDone) await removeFiles(p.dir);
    return saved;
  }
  const head = await moveBranch(git, { repo: p.repo, branch, head: saved.head, base: p.base });
  const isLeft = [p.dir, indexOf(p.dir), excludeOf(p.dir), removedOf(p.dir)].some((path) => existsSync(path));
  if (isLeft && isDone) await closeRun(git, p);
  return { ...saved, head };
}

/** In one step with the end of what kept its base. Answers whether there was no such branch yet. */
async function makeBranch(
  git: GitRunner,
  { repo, branch, dir }: Parameters<GitRuns["saveRun"]>[0],
  { head, isDone }: { readonly head: Sha; readonly isDone: boolean },
): Promise<boolean> {
  const stdin = [`create refs/heads/${branch} ${head}\n`, isDone ? `delete ${baseRef(dir)}\n` : ""].join("");
  const { exit } = await git.run({ cwd: repo, args: ["update-ref", "-m", "sluice: save", "--stdin"], stdin });
  return exit === 0;
}

async function bringHome(
  git: GitRunner,
  nowMs: number,
  p: Parameters<GitRuns["saveRun"]>[0],
): Promise<SavedRun> {
  const { repo, base } = p;
  const lender = await lenderOf(git, repo);
  const own = openOwnDir(p.dir);
  if (own !== undefined) lend(own.dir, [join(repo, "objects")]);
  const objects = own === undefined ? [] : [join(own.dir, "objects")];
  const saved = await withGitDir({ lender, objects, head: base }, async (gitDir) => {
    const commits = await runCommits(git, gitDir, { own, branch: p.branch, base });
    const made = await saveTree(git, p, { gitDir, nowMs, commits });
    if (made.head !== base) await bringBack(git, { from: gitDir, repo, head: made.head, base });
    return made;
  });
  if (own !== undefined) carryLfs(own.dir, repo);
  return saved;
}

/** A branch that is there with other commits is somebody's doing, or was saved before. */
async function moveBranch(
  git: GitRunner,
  p: { repo: string; branch: string; head: Sha; base: Sha },
): Promise<Sha> {
  const { repo, head } = p;
  const before = await commitAt(git, repo, `refs/heads/${p.branch}`);
  if (head === p.base || head === before) return before ?? head;
  if (before !== undefined && !(await contains(git, repo, head, before))) return before;
  const ref = `refs/heads/${p.branch}`;
  await git.text({ cwd: repo, args: ["update-ref", "-m", "sluice: save", ref, head, before ?? ""] });
  return head;
}

interface RunCommits {
  readonly head: Sha;
  /** Undefined where git finds none. */
  readonly tree: Sha | undefined;
  /** What the head does not contain: a detached HEAD (half a rebase), an autostash. */
  readonly loose: readonly Sha[];
}

/** Where the run's own branch and HEAD stand; what cannot be read counts as never made. */
async function runCommits(
  git: GitRunner,
  gitDir: string,
  {
    own,
    branch,
    base,
  }: { readonly own: ReturnType<typeof openOwnDir>; readonly branch: string; readonly base: Sha },
): Promise<RunCommits> {
  const [onBranch = base, onHead = onBranch] = [own?.ref(`refs/heads/${branch}`), own?.ref("HEAD")];
  const others = own?.autostashes() ?? [];
  const known = await commitsWithTrees(git, gitDir, [...new Set([base, onBranch, onHead, ...others])]);
  const branchHead = known.get(onBranch)?.commit ?? base;
  const current = onHead === onBranch ? branchHead : known.get(onHead)?.commit;
  const goesOn =
    current !== undefined && current !== branchHead && (await contains(git, gitDir, current, branchHead));
  const head = goesOn ? current : branchHead;
  const loose: Sha[] = [];
  for (const sha of new Set([current, ...others.map((one) => known.get(one)?.commit)]))
    if (sha !== undefined && sha !== head && !(await contains(git, gitDir, head, sha))) loose.push(sha);
  return { head, tree: known.get(head)?.tree, loose };
}

/** Puts what is not committed into a commit on top. */
async function saveTree(
  git: GitRunner,
  p: Parameters<GitRuns["saveRun"]>[0],
  at: { readonly gitDir: string; readonly nowMs: number; readonly commits: RunCommits },
): Promise<SavedRun> {
  const { gitDir, nowMs } = at;
  const { head, tree: committed, loose } = at.commits;
  const tree = await treeOfFiles(git, p.dir, gitDir);
  const embedded = await newLinks(git, gitDir, p.base, tree);
  if (committed === undefined) throw refused(`the tree of ${head} is missing`);
  if (loose.length === 0 && tree === committed) return { head, embedded };
  const date = gitDate(nowMs);
  const commit = { tree, parents: [head, ...loose], message: p.message };
  const dates = { authorDate: date, committerDate: date };
  const saved = await writeCommit(git, p.repo, { ...commit, ...dates }, join(gitDir, "objects"));
  return { head: saved, embedded };
}

/** Ignored files, and those that were put there, are left out. What the run's own index says does not count. */
async function treeOfFiles(git: GitRunner, dir: string, gitDir: string): Promise<Sha> {
  if (existsSync(indexOf(dir))) copyIndex(indexOf(dir), join(gitDir, "index"));
  const env = through(gitDir, dir);
  const provided = textOf(excludeOf(dir))
    .split("\0")
    .filter((path) => isBelowFolders(dir, path));
  const how = ["--all", "--ignore-errors", "--pathspec-from-file=-", "--pathspec-file-nul"];
  const args = ["-c", "diff.ignoreSubmodules=dirty", "add", ...how];
  const added = await git.run({
    cwd: dir,
    args,
    stdin: [":/", ...provided.map((path) => `:(top,exclude,literal)${path}`)].join("\0"),
    env: { ...env, GIT_LITERAL_PATHSPECS: "0" },
    repositoryFilters: true,
  });
  // 1: all else was added; a repository inside has no commit, or a file cannot be read.
  if (added.exit > 1) throw gitFailed(["add"], added.stderr);
  return shaOf(await git.text({ cwd: dir, args: ["write-tree"], env }));
}

/** Behind a link that the run put in the way there is nothing of ours; git refuses to be asked. */
function isBelowFolders(dir: string, path: string): boolean {
  const names = path.split("/").slice(0, -1);
  const parents = names.map((_, at) => join(dir, ...names.slice(0, at + 1)));
  return (
    path !== "" &&
    parents.every((parent) => lstatSync(parent, { throwIfNoEntry: false })?.isDirectory() === true)
  );
}

/** The mode of an entry that is another repository's commit. */
const GITLINK_MODE = "160000";

async function newLinks(git: GitRunner, gitDir: string, base: Sha, tree: Sha): Promise<readonly string[]> {
  const fields = splitNul(
    await git.text({ cwd: gitDir, args: ["diff-tree", "-r", "-z", "--no-renames", base, tree] }),
  );
  return fields.flatMap((row, at) => {
    const [, mode] = row.startsWith(":") ? row.split(" ") : [];
    return mode === GITLINK_MODE ? [fields[at + 1] ?? ""] : [];
  });
}

function textOf(path: string): string {
  return existsSync(path) ? readFileSync(path, "utf8") : "";
}

/** What a removal that was cut short has left goes with it. */
async function closeRun(git: GitRunner, { repo, dir }: RunRepository): Promise<void> {
  await removeFiles(dir);
  const args = ["update-ref", "-d", baseRef(dir)];
  const { exit, stdout, stderr } = await git.run({ cwd: repo, args });
  if (exit !== 0) throw gitFailed(args, decode(stdout) + stderr);
}

/**
 * In one step, so that a folder that is half gone is nobody's work, and beside what other slots do: a large one takes a while. Some tools
 * (Go's module cache) leave folders in which nobody may write.
 */
async function removeFiles(dir: string): Promise<void> {
  for (const path of [indexOf(dir), excludeOf(dir)]) rmSync(path, { force: true });
  const gone = removedOf(dir);
  const all = { recursive: true, force: true };
  if (existsSync(dir)) {
    await rm(gone, all);
    renameSync(dir, gone);
  }
  try {
    await rm(gone, all);
  } catch {
    openFolders(gone);
    await rm(gone, all);
  }
}

function openFolders(dir: string): void {
  if (lstatSync(dir, { throwIfNoEntry: false })?.isDirectory() !== true) return;
  chmodSync(dir, 0o700);
  for (const entry of readdirSync(dir, { withFileTypes: true }))
    if (entry.isDirectory()) openFolders(join(dir, entry.name));
}
