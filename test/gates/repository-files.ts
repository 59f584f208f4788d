import { readFileSync } from "node:fs";
import { join } from "node:path";

const ROOT = join(import.meta.dir, "../..");

/** Paths of the files that are tracked or could be: everything git does not ignore, relative to the repository. */
export function listFiles(): readonly string[] {
  const run = Bun.spawnSync(["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"], {
    cwd: ROOT,
    env: { PATH: process.env.PATH, GIT_CONFIG_GLOBAL: "/dev/null", GIT_CONFIG_NOSYSTEM: "1" },
  });
  if (run.exitCode !== 0) throw new Error(`git ls-files failed: ${run.stderr.toString()}`);
  const paths = run.stdout.toString().split("\0");
  return [...new Set(paths)].filter((path) => path !== "" && readFile(path) !== undefined);
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
