import { existsSync, lstatSync, mkdtempSync, readFileSync, readlinkSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Sha } from "#domain/git-ref/sha.ts";
import type { CheckoutRule, LandResult } from "#operations/ports/git.ts";
import { filtersOf, LIST_SETTINGS, settingsOfRepository, splitNul } from "./git-environment.ts";
import { halfDone, type Standing } from "./list-worktrees.ts";
import { branchHead } from "./resolve.ts";
import { gitFailed, type GitRunner } from "./run-git.ts";

interface CheckoutLanding extends Standing {
  readonly repo: string;
  readonly branch: string;
  readonly from: Sha;
  readonly to: Sha;
  readonly checkout: CheckoutRule;
}

/** Moves a checkout along with its branch where that is allowed and touches nothing of its person's. */
export async function landInCheckout(git: GitRunner, landing: CheckoutLanding): Promise<LandResult> {
  const { worktree, from } = landing;
  const stays = { kind: "checked_out", worktree, paths: [] } as const;
  const state = stateOf(landing);
  if (state !== undefined) return { ...stays, state };
  if (landing.checkout === "moves" && (await meetsFilter(git, landing)))
    return { ...stays, state: "filtered" };
  const tip = await moveAlong(git, landing);
  if (tip !== from) return answerAt(landing, tip);
  const paths = await finishMove(git, landing);
  if (paths.length > 0) return { ...stays, state: "changed", paths };
  const after = await moveAlong(git, landing);
  return after === from ? { ...stays, state: "changed" } : answerAt(landing, after);
}

/** Why it is not even tried. */
function stateOf(landing: CheckoutLanding): (LandResult & { kind: "checked_out" })["state"] | undefined {
  if (landing.checkout === "stays") return "kept";
  if (!existsSync(landing.worktree)) return "absent";
  if (landing.rebasing || halfDone(landing.own).length > 0) return "unfinished";
  return landing.several ? "several" : undefined;
}

const answerAt = ({ to }: CheckoutLanding, tip: Sha): LandResult =>
  tip === to ? { kind: "landed" } : { kind: "moved", tip };

/** What a person's own `git lfs` would do. */
const WITH_LFS = { GIT_LFS_SKIP_SMUDGE: "0" } as const;

/**
 * Git refuses, and leaves all as it is, where a changed or untracked file is in the way, an ignored one included. Answers where the
 * branch is then; refuses with `unavailable` while somebody's git, or what a killed one left, locks the index.
 */
async function moveAlong(
  git: GitRunner,
  { repo, branch, worktree, own, from, to, checkout }: CheckoutLanding,
): Promise<Sha> {
  // Against the person's own `branch.NAME.mergeOptions` too.
  const words =
    "--ff-only --no-squash --commit --quiet --no-stat --no-autostash --no-verify-signatures".split(" ");
  const args = ["merge", ...words, "--no-overwrite-ignore", to];
  const filters = checkout === "with_filters" ? { repositoryFilters: true, env: WITH_LFS } : {};
  const { stderr } = await git.run({ cwd: worktree, args, ...filters });
  const tip = await branchHead(git, repo, branch);
  if (tip === from && existsSync(join(own, "index.lock"))) throw gitFailed(args, stderr);
  return tip;
}

/**
 * A move that was cut short has written files that the index does not know of. Where every file in the way holds what the landing would
 * write, the index takes them, and nothing is in the way any more; else the answer names what is.
 */
async function finishMove(
  git: GitRunner,
  { worktree, from, to }: CheckoutLanding,
): Promise<readonly string[]> {
  const raw = async (...args: string[]) =>
    rawChanges(await git.text({ cwd: worktree, args: [...args, "--raw", "-z", "--no-renames"] }));
  const staged = await raw("diff-index", "--cached", "--no-abbrev", from);
  const unstaged = new Set((await raw("diff-files", "--ignore-submodules=dirty")).map(({ path }) => path));
  const stagedAs = new Map(staged.map((change) => [change.path, change]));
  const there: string[] = [];
  const inTheWay: string[] = [];
  for (const change of await raw("diff-tree", "-r", "--no-abbrev", from, to)) {
    const { path, before, after } = change;
    const own = stagedAs.get(path);
    const isNew = before === ABSENT && own === undefined && fileIn(worktree, path) !== undefined;
    if (own === undefined && !isNew && !unstaged.has(path)) continue;
    const isKnown = own === undefined || own.after === after;
    (isKnown && holds(worktree, change) ? there : inTheWay).push(path);
  }
  if (inTheWay.length > 0 || there.length === 0) return inTheWay;
  const args = ["update-index", "--add", "--remove", "-z", "--stdin"];
  await git.text({ cwd: worktree, args, stdin: `${there.join("\0")}\0` });
  return [];
}

/** Mode and name of what is not there. */
const ABSENT = "000000";

interface RawChange {
  readonly path: string;
  /** Mode and object name, or `ABSENT`. */
  readonly before: string;
  readonly after: string;
}

/** Of `--raw -z`: `:MODE MODE NAME NAME STATUS`, then the path. */
function rawChanges(text: string): readonly RawChange[] {
  const fields = splitNul(text);
  return fields.flatMap((field, at) => {
    if (at % 2 === 1) return [];
    const [was = "", is = "", wasName = "", isName = ""] = field.slice(1).split(" ");
    const named = (mode: string, name: string) => (mode === ABSENT ? ABSENT : `${mode} ${name}`);
    return [{ path: fields[at + 1] ?? "", before: named(was, wasName), after: named(is, isName) }];
  });
}

const fileIn = (worktree: string, path: string) => lstatSync(join(worktree, path), { throwIfNoEntry: false });

/** Whether a path of the checkout holds, byte for byte, what a change would write there. */
function holds(worktree: string, { path, after }: RawChange): boolean {
  const file = fileIn(worktree, path);
  if (after === ABSENT || file === undefined) return after === ABSENT && file === undefined;
  const [mode, name = ""] = after.split(" ");
  const full = join(worktree, path);
  if (file.isSymbolicLink())
    return mode === "120000" && name === blobName(Buffer.from(readlinkSync(full)), name);
  const isProgram = (file.mode & 0o100) !== 0;
  return (
    file.isFile() && mode === (isProgram ? "100755" : "100644") && name === blobName(readFileSync(full), name)
  );
}

/** @param like a name of the same repository, which tells the hash it uses */
function blobName(bytes: Uint8Array, like: string): string {
  const hash = new Bun.CryptoHasher(like.length === 64 ? "sha256" : "sha1");
  return hash.update(`blob ${bytes.length}\0`).update(bytes).digest("hex");
}

/** Calls have its smudging off, so that nothing is fetched: files would become pointers, whoever configured it. */
const POINTERS = "lfs";

/**
 * Whether a checkout that goes from one commit to another would write files which a content filter that does not run here has
 * to make: one of the repository's own configuration, or git-lfs. By the attributes of the commit it goes to.
 */
async function meetsFilter(
  git: GitRunner,
  { worktree, from, to }: { readonly worktree: string; readonly from: Sha; readonly to: Sha },
): Promise<boolean> {
  const settings = settingsOfRepository(await git.text({ cwd: worktree, args: LIST_SETTINGS }));
  const skipped = new Set([POINTERS, ...filtersOf(settings)]);
  const range = ["-r", "-z", "--name-only", "--no-renames", "--diff-filter=d", from, to];
  const written = await git.text({ cwd: worktree, args: ["diff-tree", ...range] });
  const scratch = mkdtempSync(join(tmpdir(), "sluice-index-"));
  try {
    const at = { cwd: worktree, env: { GIT_INDEX_FILE: join(scratch, "index") } };
    await git.text({ ...at, args: ["read-tree", to] });
    const args = ["check-attr", "--cached", "-z", "--stdin", "filter"];
    const fields = splitNul(await git.text({ ...at, args, stdin: written }));
    return fields.some((value, n) => n % 3 === 2 && skipped.has(value));
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}
