import { createHash } from "node:crypto";
import { lstatSync, readdirSync, readFileSync, readlinkSync } from "node:fs";
import { join } from "node:path";
import type { GuardSnapshot } from "#domain/git-ref/guard-change.ts";
import { splitNul } from "./git-environment.ts";
import { decode, type GitRunner } from "./run-git.ts";

/** Files of the common directory that decide what git does or runs. */
const FILES = [
  "config.worktree",
  "info/attributes",
  "info/exclude",
  "info/sparse-checkout",
  "info/grafts",
  "logs/refs/stash",
  "objects/info/alternates",
  "objects/info/http-alternates",
  "shallow",
  "commondir",
] as const;
/** Directories of a submodule's repository without configuration, and large. */
const BULK: ReadonlySet<string> = new Set(["objects", "refs", "logs", "lfs"]);
/** A hook or a configuration above this is not read whole; its size and time stand for it. */
const MAX_HASHED_BYTES = 4 * 1024 * 1024;

/** Settings of a branch that `push -u`, `checkout --track` and `branch -m` write. */
const TRACKING = /^branch\..*\.(?:remote|merge|rebase|description)\n/s;

export async function guard(git: GitRunner, repo: string): Promise<GuardSnapshot> {
  const worktrees = names(join(repo, "worktrees"));
  const settings = await readConfig(git, repo);
  const files = [
    ...FILES,
    ...below(repo, "hooks"),
    ...moduleFiles(repo, "modules"),
    ...worktrees.flatMap((name) =>
      ["config.worktree", "gitdir", "commondir"].map((part) => `worktrees/${name}/${part}`),
    ),
  ];
  return {
    refs: await allRefs(git, repo),
    files: {
      ...Object.fromEntries(files.flatMap((path) => printed(repo, path))),
      ...(settings === undefined ? Object.fromEntries(printed(repo, "config")) : printedConfig(settings)),
    },
    heads: Object.fromEntries([
      ...headOf("", join(repo, "HEAD")),
      ...worktrees.flatMap((name) => headOf(name, join(repo, "worktrees", name, "HEAD"))),
    ]),
  };
}

async function allRefs(git: GitRunner, repo: string): Promise<GuardSnapshot["refs"]> {
  const args = ["for-each-ref", "--format=%(refname)%00%(objectname)%00%(symref)"];
  const { exit, stdout } = await git.run({ cwd: repo, args });
  if (exit !== 0) return null;
  const rows = decode(stdout)
    .split("\n")
    .filter((row) => row !== "" && !row.startsWith("refs/remotes/"));
  return Object.fromEntries(
    rows.map((row) => {
      const [ref = "", sha = "", symbolic = ""] = row.split("\0");
      return [ref, symbolic === "" ? sha : `ref: ${symbolic}`];
    }),
  );
}

/** Configuration and hooks of submodules, whose names may hold slashes. */
function moduleFiles(repo: string, dir: string): readonly string[] {
  return names(join(repo, dir)).flatMap((name) => {
    const path = `${dir}/${name}`;
    if (name === "config" || name === "hooks") return below(repo, path);
    const stat = lstatSync(join(repo, path), { throwIfNoEntry: false });
    return stat?.isDirectory() === true && !BULK.has(name) ? moduleFiles(repo, path) : [];
  });
}

function below(repo: string, path: string): readonly string[] {
  const stat = lstatSync(join(repo, path), { throwIfNoEntry: false });
  if (stat === undefined) return [];
  return stat.isDirectory()
    ? names(join(repo, path)).flatMap((name) => below(repo, `${path}/${name}`))
    : [path];
}

function names(dir: string): readonly string[] {
  try {
    return readdirSync(dir).toSorted();
  } catch {
    return [];
  }
}

function printed(repo: string, path: string): readonly (readonly [string, string])[] {
  const full = join(repo, path);
  const stat = lstatSync(full, { throwIfNoEntry: false });
  if (stat === undefined) return [];
  const mode = (stat.mode & 0o777).toString(8);
  if (stat.isSymbolicLink()) return [[path, `link ${readlinkSync(full)}`]];
  if (!stat.isFile() || stat.size > MAX_HASHED_BYTES) return [[path, `${mode} ${stat.size} ${stat.mtimeMs}`]];
  return [[path, `${mode} ${createHash("sha256").update(readFileSync(full)).digest("hex")}`]];
}

/** The repository's configuration as git reads it; undefined where git refuses to. */
async function readConfig(git: GitRunner, repo: string): Promise<readonly string[] | undefined> {
  const args = ["config", "--file", join(repo, "config"), "--no-includes", "-z", "--list"];
  const { exit, stdout } = await git.run({ cwd: repo, args });
  return exit === 0 ? splitNul(decode(stdout)) : undefined;
}

/** The configuration in two parts, so that comments and order do not count. */
function printedConfig(settings: readonly string[]): Readonly<Record<string, string>> {
  const hash = (part: readonly string[]) => createHash("sha256").update(part.join("\0")).digest("hex");
  return {
    config: hash(settings.filter((setting) => !TRACKING.test(setting))),
    "config branch.*": hash(settings.filter((setting) => TRACKING.test(setting))),
  };
}

function headOf(name: string, path: string): readonly (readonly [string, string])[] {
  try {
    return [[name, readFileSync(path, "utf8").trim()]];
  } catch {
    return [];
  }
}
