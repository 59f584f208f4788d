import { existsSync, lstatSync, realpathSync } from "node:fs";
import { dirname, join } from "node:path";
import { SluiceError } from "#domain/errors.ts";
import { isSha } from "#domain/git-ref/sha.ts";
import type { Head, RepoFacts, RepoPlace } from "#operations/ports/git.ts";
import { commitAt } from "./resolve.ts";
import { decode, type GitRunner, hideSecrets } from "./run-git.ts";

/** The oldest git whose `merge-tree --write-tree` and `worktree list -z` are tested. */
const OLDEST = [2, 39] as const;
const CUSTOMARY = ["main", "master", "trunk"] as const;

type Place = Pick<RepoFacts, "commonDir" | "topLevel" | "bare" | "shallow" | "superproject">;

export async function inspect(git: GitRunner, path: string): Promise<RepoFacts> {
  if (!existsSync(path)) throw new SluiceError("not_found", `There is no directory ${JSON.stringify(path)}`);
  // All at once: what a folder of no repository answers to the others is not waited for.
  const facts = Promise.all([readRefs(git, path), readRemote(git, path), rootCommits(git, path)]);
  facts.catch(() => {});
  const [place] = await Promise.all([repoPlace(git, path), requireVersion(git, path)]);
  const [refs, remoteUrl, roots] = await facts;
  const head = await readHead(git, path, refs);
  const guess = await defaultBranch(git, place, refs, head);
  return {
    ...place,
    empty: head.kind === "unborn" && (await hasNoRefs(git, path)),
    head,
    rootCommits: place.shallow ? [] : roots,
    ...(guess === undefined ? {} : { defaultBranch: guess }),
    ...(remoteUrl === undefined ? {} : { remoteUrl }),
  };
}

/** Refuses with `unavailable` a git that is older than 2.39. */
async function requireVersion(git: GitRunner, cwd: string): Promise<void> {
  const text = (await git.text({ cwd, args: ["version"] })).trim();
  const [, major, minor] = /(\d+)\.(\d+)/.exec(text) ?? [];
  const newer = Number(major) > OLDEST[0];
  if (newer || (Number(major) === OLDEST[0] && Number(minor) >= OLDEST[1])) return;
  throw new SluiceError(
    "unavailable",
    `Sluice needs git ${OLDEST.join(".")} or newer, this is ${JSON.stringify(text)}`,
    {
      hint: "Install a newer git and put it first on the PATH.",
    },
  );
}

/** The repositories around folders: git is asked once for each directory that holds a repository. */
export async function repoPlaces(
  git: GitRunner,
  folders: readonly string[],
): Promise<readonly (RepoPlace | undefined)[]> {
  const asked = new Map<string, Promise<RepoPlace | undefined>>();
  const place = (folder: string): Promise<RepoPlace | undefined> | undefined => {
    const top = ancestors(folder).find(holdsRepository);
    if (top === undefined) return undefined;
    const answer = asked.get(top) ?? readablePlace(git, top);
    asked.set(top, answer);
    return answer;
  };
  return Promise.all(folders.map(async (folder) => await place(folder)));
}

async function readablePlace(git: GitRunner, path: string): Promise<RepoPlace | undefined> {
  try {
    return await repoPlace(git, path);
  } catch (error) {
    if (error instanceof SluiceError && ["invalid", "not_found", "denied"].includes(error.code))
      return undefined;
    throw error;
  }
}

/** A worktree, or a bare repository or the inside of one. */
const holdsRepository = (folder: string): boolean =>
  existsSync(join(folder, ".git")) ||
  (existsSync(join(folder, "HEAD")) && existsSync(join(folder, "objects")));

/** The folder itself, then each one above it. */
function ancestors(folder: string): readonly string[] {
  const above = dirname(folder);
  return above === folder ? [folder] : [folder, ...ancestors(above)];
}

/** Where a path's repository is. Refuses with `invalid` outside one, with `denied` when git does not trust its owner. */
async function repoPlace(git: GitRunner, path: string): Promise<Place> {
  const flags = ["--is-bare-repository", "--is-shallow-repository", "--is-inside-work-tree"];
  const result = await git.run({
    cwd: path,
    args: ["rev-parse", "--path-format=absolute", ...flags, "--git-common-dir", "--show-toplevel"],
  });
  const [bare, shallow, inside, dir, top, ...rest] = decode(result.stdout).replace(/\n$/, "").split("\n");
  if (dir === undefined) throw await noRepository(git, path);
  // A path with a line end in it cannot be told from two.
  const isPlain = rest.length === 0 && (inside === "true") === (top !== undefined);
  const commonDir = realpathSync(isPlain ? dir : await line(git, path, "--git-common-dir"));
  const facts = { commonDir, bare: bare === "true", shallow: shallow === "true" };
  if (inside !== "true") return facts;
  const topLevel = isPlain && top !== undefined ? top : await line(git, path, "--show-toplevel");
  const isLinked = lstatSync(join(topLevel, ".git"), { throwIfNoEntry: false })?.isDirectory() !== true;
  const isNested = ancestors(dirname(topLevel)).some((folder) => existsSync(join(folder, ".git")));
  const superproject = isNested ? await line(git, path, "--show-superproject-working-tree") : "";
  return {
    ...facts,
    bare: isLinked && (await isBare(git, commonDir)),
    topLevel,
    ...(superproject === "" ? {} : { superproject }),
  };
}

/** A linked worktree of a bare repository is not bare itself, its repository is. */
async function isBare(git: GitRunner, commonDir: string): Promise<boolean> {
  const result = await git.run({ cwd: commonDir, args: ["config", "--type=bool", "--get", "core.bare"] });
  return decode(result.stdout).trim() === "true";
}

async function line(git: GitRunner, cwd: string, question: string): Promise<string> {
  return (await git.text({ cwd, args: ["rev-parse", "--path-format=absolute", question] })).replace(
    /\n$/,
    "",
  );
}

/** Git exits alike for "no repository" and "not trusted"; a second question with trust for any path tells them apart. */
async function noRepository(git: GitRunner, path: string): Promise<SluiceError> {
  const trusted = await git.run({ cwd: path, args: ["-c", "safe.directory=*", "rev-parse", "--git-dir"] });
  if (trusted.exit === 0)
    return new SluiceError(
      "denied",
      `Another user owns the repository at ${JSON.stringify(path)}, git does not read it`,
      {
        hint: "If you trust it, run: git config --global --add safe.directory PATH",
        details: { path },
      },
    );
  return new SluiceError("invalid", `${JSON.stringify(path)} is not in a git repository`, {
    hint: "Give a directory inside a repository, or run git init there first.",
    details: { field: "path", value: path, accepted: "a directory inside a git repository" },
  });
}

interface RefRow {
  readonly name: string;
  readonly sha: string;
  /** What a symbolic ref names. */
  readonly symbolic: string;
  /** Checked out in the worktree that was asked. */
  readonly isHead: boolean;
}

/** Branches, and those of `origin` as they were last seen. */
async function readRefs(git: GitRunner, cwd: string): Promise<readonly RefRow[]> {
  const format = "--format=%(refname)%00%(objectname)%00%(symref)%00%(HEAD)";
  const rows = await git.text({ cwd, args: ["for-each-ref", format, "refs/heads", "refs/remotes/origin"] });
  return rows.split("\n").flatMap((row) => {
    const [name = "", sha = "", symbolic = "", head] = row.split("\0");
    return name === "" ? [] : [{ name, sha, symbolic, isHead: head === "*" }];
  });
}

async function readHead(git: GitRunner, cwd: string, refs: readonly RefRow[]): Promise<Head> {
  const current = refs.find(({ isHead }) => isHead);
  if (current !== undefined && isSha(current.sha))
    return { kind: "branch", branch: branchOf(current.name), sha: current.sha };
  const [branch, sha] = await Promise.all([symbolicHead(git, cwd), commitAt(git, cwd, "HEAD")]);
  if (sha === undefined) return { kind: "unborn", branch: branch ?? "" };
  return branch === undefined ? { kind: "detached", sha } : { kind: "branch", branch, sha };
}

/** The branch that HEAD names; undefined when it is detached. */
async function symbolicHead(git: GitRunner, cwd: string): Promise<string | undefined> {
  const result = await git.run({ cwd, args: ["symbolic-ref", "-q", "HEAD"] });
  return result.exit === 0 ? branchOf(decode(result.stdout).trim()) : undefined;
}

const branchOf = (ref: string): string => ref.replace(/^refs\/heads\//, "");

async function hasNoRefs(git: GitRunner, cwd: string): Promise<boolean> {
  return (await git.text({ cwd, args: ["for-each-ref", "--count=1", "--format=%(objectname)"] })) === "";
}

/**
 * The branch that others land on: what `origin/HEAD` names while that branch exists (a renamed default leaves it dangling),
 * else the branch of the main worktree, a customary name, the only branch.
 */
async function defaultBranch(
  git: GitRunner,
  { commonDir, topLevel }: Place,
  refs: readonly RefRow[],
  head: Head,
): Promise<string | undefined> {
  const names = new Set(refs.map(({ name }) => name));
  const remoteHead = refs.find(({ name }) => name === "refs/remotes/origin/HEAD")?.symbolic ?? "";
  if (names.has(remoteHead)) return remoteHead.slice("refs/remotes/origin/".length);
  const isMain = topLevel !== undefined && commonDir === join(topLevel, ".git");
  const here = head.kind === "detached" ? undefined : head.branch;
  const current = isMain ? here : await symbolicHead(git, commonDir);
  const branches = [...names].filter((name) => name.startsWith("refs/heads/")).map(branchOf);
  const guesses = [...(current === undefined ? [] : [current]), ...CUSTOMARY];
  if (branches.length === 0)
    return CUSTOMARY.find((guess) => names.has(`refs/remotes/origin/${guess}`)) ?? current;
  return (
    guesses.find((guess) => branches.includes(guess)) ?? (branches.length === 1 ? branches[0] : undefined)
  );
}

/** None where HEAD has no commit yet. */
async function rootCommits(git: GitRunner, cwd: string): Promise<RepoFacts["rootCommits"]> {
  const { stdout } = await git.run({ cwd, args: ["rev-list", "--max-parents=0", "HEAD", "--"] });
  return decode(stdout).split("\n").filter(isSha).toSorted();
}

async function readRemote(git: GitRunner, cwd: string): Promise<string | undefined> {
  const settings = ["config", "-z", "--get-regexp", String.raw`^remote\..*\.url$`];
  const rows = decode((await git.run({ cwd, args: settings })).stdout).split("\0");
  const urls = new Map(
    rows.flatMap((row) => {
      const [key = "", ...value] = row.split("\n");
      return key === "" ? [] : [[key.slice("remote.".length, -".url".length), value.join("\n")] as const];
    }),
  );
  const url = urls.get("origin") ?? (urls.size === 1 ? [...urls.values()][0] : undefined);
  return url === undefined ? undefined : hideSecrets(url);
}
