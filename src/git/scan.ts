import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { isSha, type Sha } from "#domain/git-ref/sha.ts";
import type { BranchHead, CommitRecord, HistoryScan } from "#operations/ports/git.ts";
import { listWorktrees } from "./list-worktrees.ts";
import { contains, existingCommits } from "./resolve.ts";
import { decode, type GitRunner } from "./run-git.ts";

/** Keeps a transaction of the caller, and memory, small. */
const BATCH = 1000;

/** Where nothing is new git is asked once: for the branches. */
export async function scan(git: GitRunner, repo: string, known: readonly BranchHead[]): Promise<HistoryScan> {
  const branches = await branchHeads(git, repo);
  const detached = await detachedHeads(git, repo);
  if (isSeen(branches, detached, known)) return { branches, gone: [], rewritten: [], commits: noCommits() };
  const now = new Map(branches.map(({ ref, sha }) => [ref, sha]));
  const tips = new Set([...now.values(), ...detached]);
  const old = await existingCommits(git, repo, [...new Set(known.map(({ sha }) => sha))]);
  return {
    branches,
    gone: known.filter(({ ref }) => !now.has(ref)).map(({ ref }) => ref),
    rewritten: await rewrittenBranches(git, repo, known, now),
    commits: newCommits(git, repo, [...tips], old),
  };
}

async function branchHeads(git: GitRunner, repo: string): Promise<readonly BranchHead[]> {
  const args = [
    "for-each-ref",
    "--format=%(refname)%00%(objectname)%00%(symref)",
    "refs/heads",
    "refs/remotes",
  ];
  const rows = (await git.text({ cwd: repo, args })).split("\n");
  return rows.flatMap((row) => {
    const [ref = "", sha = "", symbolic] = row.split("\0");
    return isSha(sha) && symbolic === "" ? [{ ref, sha }] : [];
  });
}

function isSeen(
  branches: readonly BranchHead[],
  detached: readonly Sha[],
  known: readonly BranchHead[],
): boolean {
  const heads = new Map(known.map(({ ref, sha }) => [ref, sha]));
  const shas = new Set(heads.values());
  return (
    branches.length === known.length &&
    branches.every(({ ref, sha }) => heads.get(ref) === sha) &&
    detached.every((sha) => shas.has(sha))
  );
}

/** Heads of worktrees on no branch, as git's own files have them; git is asked where it keeps refs in tables. */
async function detachedHeads(git: GitRunner, repo: string): Promise<readonly Sha[]> {
  if (existsSync(join(repo, "reftable"))) {
    const worktrees = await listWorktrees(git, repo);
    return worktrees.flatMap(({ head, branch }) =>
      head === undefined || branch !== undefined ? [] : [head],
    );
  }
  const linked = join(repo, "worktrees");
  const names = existsSync(linked) ? readdirSync(linked) : [];
  return [repo, ...names.map((name) => join(linked, name))].flatMap((dir) => {
    const path = join(dir, "HEAD");
    const head = existsSync(path) ? readFileSync(path, "utf8").trim() : "";
    return isSha(head) ? [head] : [];
  });
}

async function rewrittenBranches(
  git: GitRunner,
  repo: string,
  known: readonly BranchHead[],
  now: ReadonlyMap<string, Sha>,
): Promise<HistoryScan["rewritten"]> {
  const rewritten: { ref: string; from: Sha; to: Sha }[] = [];
  for (const { ref, sha } of known) {
    const to = now.get(ref);
    if (to === undefined || to === sha || (await contains(git, repo, to, sha))) continue;
    rewritten.push({ ref, from: sha, to });
  }
  return rewritten;
}

function newCommits(
  git: GitRunner,
  repo: string,
  tips: readonly Sha[],
  old: readonly Sha[],
): HistoryScan["commits"] {
  const stdin = [...tips, ...old.map((sha) => `^${sha}`)].map((line) => `${line}\n`).join("");
  if (tips.length === 0) return noCommits();
  return readCommits(git.stream({ cwd: repo, args: ["log", ...LOG_OPTIONS, "--stdin"], stdin }), BATCH);
}

async function* noCommits(): AsyncGenerator<never, void, undefined> {}

/** The `--format` of a commit; with `-z` each field, the last one included, ends with NUL. */
const COMMIT_FORMAT = "--format=tformat:%H%x00%P%x00%an%x00%ae%x00%at%x00%cn%x00%ce%x00%ct%x00%B";
/** Options under which `git log` runs no program and shows every commit's message as it is. */
export const LOG_OPTIONS: readonly string[] = [
  "-z",
  COMMIT_FORMAT,
  "--encoding=UTF-8",
  "--no-show-signature",
  "--no-mailmap",
  "--no-color",
  "--no-notes",
  "--no-ext-diff",
  "--no-textconv",
];
const FIELDS = 9;
const MAX_BODY = 64 * 1024;

/** Parses the stream of `git log -z` into batches of at most `batch` commits. */
async function* readCommits(
  chunks: AsyncIterable<Uint8Array>,
  batch: number,
): AsyncGenerator<readonly CommitRecord[], void, undefined> {
  let found: CommitRecord[] = [];
  let fields: string[] = [];
  for await (const field of nulFields(chunks)) {
    fields.push(field);
    if (fields.length < FIELDS) continue;
    found.push(commitOf(fields));
    fields = [];
    if (found.length < batch) continue;
    yield found;
    found = [];
  }
  if (found.length > 0) yield found;
}

async function* nulFields(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<string, void, undefined> {
  let rest: Uint8Array = new Uint8Array();
  for await (const chunk of chunks) {
    const bytes: Uint8Array = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
    let from = 0;
    for (let end = bytes.indexOf(0); end >= 0; end = bytes.indexOf(0, from)) {
      yield decode(bytes.subarray(from, end));
      from = end + 1;
    }
    rest = bytes.slice(from);
  }
}

function commitOf(fields: readonly string[]): CommitRecord {
  const [sha = "", parents = "", author = "", authorMail = "", authored, ...others] = fields;
  const [committer = "", committerMail = "", committed, message = ""] = others;
  if (!isSha(sha)) throw new TypeError("git log answered a record that does not begin with a commit id");
  return {
    sha,
    parents: parents.split(" ").filter(isSha),
    author: { name: author, email: authorMail },
    committer: { name: committer, email: committerMail },
    authoredAtMs: Number(authored) * 1000,
    committedAtMs: Number(committed) * 1000,
    ...splitMessage(message),
  };
}

/** As git splits it: the subject is the first paragraph on one line, the body what follows. */
function splitMessage(message: string): { readonly subject: string; readonly body: string } {
  const text = message.replace(/^\s*\n/, "");
  const end = text.search(/\n[ \t]*\n/);
  const first = end < 0 ? text : text.slice(0, end);
  const body =
    end < 0
      ? ""
      : text
          .slice(end)
          .replace(/^\s*\n/, "")
          .trimEnd();
  return { subject: first.trim().replace(/\s*\n\s*/g, " "), body: body.slice(0, MAX_BODY) };
}

/** All of a small stream. */
export async function allCommits(chunks: AsyncIterable<Uint8Array>): Promise<readonly CommitRecord[]> {
  const all: CommitRecord[] = [];
  for await (const batch of readCommits(chunks, 1000)) all.push(...batch);
  return all;
}
