import { cpSync, globSync, lstatSync, mkdirSync, realpathSync, symlinkSync } from "node:fs";
import { dirname, join, normalize, relative } from "node:path";
import { SluiceError } from "#domain/errors.ts";
import type { Repo } from "#operations/ports/store/project-store.ts";

/**
 * Copies what the repo's patterns name and links its shared folders in: what makes a fresh worktree usable beside its commit. What the
 * commit itself holds is never replaced, nor followed out. Answers the paths of what it put there.
 * @param cacheRoot folder of the repo's shared folders
 */
export function provideFiles(repo: Repo, dir: string, cacheRoot: string): readonly string[] {
  const checkout = repo.path;
  const copies = checkout === null ? [] : repo.copies.flatMap((glob) => copyMatches(checkout, dir, glob));
  const caches = repo.caches
    .map((folder) => inside(folder))
    .filter((folder) => linkCache(dir, folder, cacheRoot));
  return [...copies, ...caches];
}

function copyMatches(checkout: string, dir: string, glob: string): readonly string[] {
  return globSync(inside(glob), { cwd: checkout })
    .filter((path) => lstatSync(join(checkout, path)).isFile() && isFree(dir, path))
    .map((path) => {
      mkdirSync(dirname(join(dir, path)), { recursive: true });
      cpSync(join(checkout, path), join(dir, path));
      return path;
    });
}

function linkCache(dir: string, folder: string, cacheRoot: string): boolean {
  const path = join(dir, folder);
  const shared = join(cacheRoot, folder);
  if (!isFree(dir, folder)) return false;
  mkdirSync(shared, { recursive: true });
  mkdirSync(dirname(path), { recursive: true });
  symlinkSync(shared, path, "dir");
  return true;
}

/** Nothing is there, not even a link that leads nowhere, and it is inside. */
const isFree = (dir: string, path: string): boolean =>
  staysInside(dir, path) && lstatSync(join(dir, path), { throwIfNoEntry: false }) === undefined;

/** A pattern of the repo's own settings that would leave the repo is refused. */
function inside(path: string): string {
  const clean = normalize(path).replace(/\/+$/, "");
  if (!clean.startsWith("..") && !clean.startsWith("/") && clean !== "." && clean !== ".git") return clean;
  throw new SluiceError("invalid", `${JSON.stringify(path)} is outside the repo`, {
    hint: "Change the repo's copies or caches with: sluice repo edit",
    details: { field: "copies or caches", value: path },
  });
}

/**
 * Whether a path below a folder is where it says: the commit, or the agent, may have put a symbolic link in the way that leads
 * elsewhere. Parents that are not there yet are made by us, and lead nowhere. The last part itself is not followed.
 */
function staysInside(dir: string, path: string): boolean {
  const root = realpathSync(dir);
  for (let parent = dirname(join(dir, path)); ; parent = dirname(parent)) {
    if (lstatSync(parent, { throwIfNoEntry: false }) === undefined) continue;
    const real = realPath(parent);
    return real !== undefined && !relative(root, real).startsWith("..");
  }
}

/** Undefined for a link that leads nowhere. */
function realPath(path: string): string | undefined {
  try {
    return realpathSync(path);
  } catch {
    return undefined;
  }
}
