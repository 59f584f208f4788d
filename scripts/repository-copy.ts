import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";

import type { Violation } from "./gate-violations.ts";
import { ROOT, runProgram } from "./run-program.ts";

/** What git may read and know: nothing of the machine's own settings. */
const GIT_ENV = { PATH: process.env.PATH, GIT_CONFIG_GLOBAL: "/dev/null", GIT_CONFIG_NOSYSTEM: "1" };

async function git(cwd: string, ...args: readonly string[]): Promise<string> {
  const { code, output } = await runProgram(["git", ...args], { cwd, env: GIT_ENV, output: "keep" });
  if (code !== 0) throw new Error(`git ${args.join(" ")} failed: ${output}`);
  return output;
}

/** Copies what git knows or could know into a temporary repository that shares the installed packages. Remove it after. */
export async function copyRepository(): Promise<string> {
  const copy = mkdtempSync(join(tmpdir(), "sluice-gates-"));
  const listed = await git(ROOT, "ls-files", "-z", "--cached", "--others", "--exclude-standard");
  for (const path of listed.split("\0")) {
    if (path === "" || !existsSync(join(ROOT, path))) continue;
    cpSync(join(ROOT, path), join(copy, path), { verbatimSymlinks: true });
  }
  symlinkSync(join(ROOT, "node_modules"), join(copy, "node_modules"));
  await git(copy, "init", "--quiet");
  await git(copy, "add", "--all");
  return copy;
}

/** Plants a violation and returns what takes it out again. */
export function plantViolation(copy: string, { plant }: Violation): () => void {
  const undo = Object.entries(plant).map(([path, edit]) => {
    const file = join(copy, path);
    const before = existsSync(file) ? readFileSync(file, "utf8") : undefined;
    mkdirSync(dirname(file), { recursive: true });
    if (typeof edit === "object") symlinkSync(edit.linkTo, file);
    else writeFileSync(file, typeof edit === "string" ? edit : edit(before ?? ""));
    return () => (before === undefined ? rmSync(file) : writeFileSync(file, before));
  });
  return () => undo.forEach((step) => step());
}
