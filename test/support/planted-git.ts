import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/**
 * Puts a program `git` into the folder, which runs a shell text of the test's and then becomes the real one; `$GIT` names that in the
 * text. Answers the environment with the folder first on its PATH.
 */
export function plantGit(
  env: Readonly<Record<string, string>>,
  dir: string,
  script: string,
): Readonly<Record<string, string>> {
  const path = env["PATH"] ?? "";
  const real = Bun.which("git", { PATH: path });
  if (real === null) throw new Error("there is no git on the PATH");
  mkdirSync(dir, { recursive: true });
  writeFileSync(join(dir, "git"), `#!/bin/sh\nGIT='${real}'\n${script}\nexec "$GIT" "$@"\n`, { mode: 0o755 });
  return { ...env, PATH: `${dir}:${path}` };
}
