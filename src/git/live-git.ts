import { existsSync, readdirSync, readFileSync, readlinkSync, realpathSync } from "node:fs";
import { join } from "node:path";

const PROC = "/proc";

/**
 * Whether a git process works in one of the directories: by its current directory, or by a word of its command line that names
 * one. A git process of another user, whose directory cannot be read, counts. Without /proc the answer is always yes.
 */
export function gitRunsIn(places: readonly string[]): boolean {
  if (!existsSync(join(PROC, "self"))) return true;
  const roots = places.map(real);
  return processes().some((pid) => isGit(pid) && worksIn(pid, roots));
}

/** Whether any process has the file open. Without /proc the answer is always yes. */
export function isHeldOpen(path: string): boolean {
  if (!existsSync(join(PROC, "self"))) return true;
  const target = real(path);
  return processes().some((pid) => openFiles(pid).includes(target));
}

function processes(): readonly string[] {
  return readdirSync(PROC).filter((name) => /^\d+$/.test(name));
}

function isGit(pid: string): boolean {
  const state = quietly(() => readFileSync(join(PROC, pid, "stat"), "utf8"));
  const [, name = "", status = ""] = /^\d+ \((.*)\) (\S)/s.exec(state ?? "") ?? [];
  return name.startsWith("git") && status !== "Z";
}

function worksIn(pid: string, roots: readonly string[]): boolean {
  const cwd = quietly(() => readlinkSync(join(PROC, pid, "cwd")));
  if (cwd === undefined) return existsSync(join(PROC, pid));
  const words = (quietly(() => readFileSync(join(PROC, pid, "cmdline"), "utf8")) ?? "").split("\0");
  return roots.some((root) => within(cwd, root) || words.some((word) => word.includes(root)));
}

function within(path: string, root: string): boolean {
  return path === root || path.startsWith(`${root}/`);
}

function openFiles(pid: string): readonly string[] {
  const dir = join(PROC, pid, "fd");
  const names = quietly(() => readdirSync(dir)) ?? [];
  return names.flatMap((name) => quietly(() => readlinkSync(join(dir, name))) ?? []);
}

/** Undefined where the process ended or belongs to another user. */
function quietly<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch {
    return undefined;
  }
}

function real(path: string): string {
  return quietly(() => realpathSync(path)) ?? path;
}
