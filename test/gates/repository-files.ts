import { lstatSync, readFileSync, readlinkSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";

const ROOT = join(import.meta.dir, "../..");

/** Everything git does not ignore, tracked or not, relative to the repository. */
function listPaths(): readonly string[] {
  const run = Bun.spawnSync(["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"], {
    cwd: ROOT,
    env: { PATH: process.env.PATH, GIT_CONFIG_GLOBAL: "/dev/null", GIT_CONFIG_NOSYSTEM: "1" },
  });
  if (run.exitCode !== 0) throw new Error(`git ls-files failed: ${run.stderr.toString()}`);
  return [...new Set(run.stdout.toString().split("\0"))].filter((path) => path !== "");
}

/** Paths of the files with a text. */
export function listFiles(): readonly string[] {
  return listPaths().filter((path) => readFile(path) !== undefined);
}

/** Paths of the symbolic links that lead out of the repository. */
export function listLinksOut(): readonly string[] {
  return listPaths().filter((path) => {
    const file = join(ROOT, path);
    if (lstatSync(file, { throwIfNoEntry: false })?.isSymbolicLink() !== true) return false;
    return relative(ROOT, resolve(dirname(file), readlinkSync(file))).startsWith("..");
  });
}

/** The text of a file; `undefined` for one that is deleted but still tracked, or a link to a folder. */
export function readFile(path: string): string | undefined {
  try {
    return readFileSync(join(ROOT, path), "utf8");
  } catch {
    return undefined;
  }
}

/** `path:line` of each line of the given files that the pattern matches. */
export function findLines(paths: readonly string[], pattern: RegExp): readonly string[] {
  return paths.flatMap((path) =>
    (readFile(path) ?? "")
      .split("\n")
      .flatMap((line, index) => (pattern.test(line) ? [`${path}:${index + 1}: ${line.trim()}`] : [])),
  );
}
