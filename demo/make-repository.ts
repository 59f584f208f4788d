import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import type { Fixture } from "./fixture.ts";

/** Who commits in the demo: nobody's name. */
const OPERATOR = { name: "Demo Operator", email: "operator@example.invalid" } as const;

const FIRST_DAY_MS = Date.UTC(2026, 5, 1, 10);
const DAY_MS = 86_400_000;

/** Settings of the repository alone, so that signing, hooks or line ends of the machine's own configuration change nothing. */
const settings = (dir: string) => [
  ["user.name", OPERATOR.name],
  ["user.email", OPERATOR.email],
  ["commit.gpgsign", "false"],
  ["core.autocrlf", "false"],
  ["core.hooksPath", join(dir, ".git", "hooks")],
];

/** Makes a real repository with a history, `main` checked out. */
export function makeRepository(
  dir: string,
  { commits }: Fixture,
  env: Readonly<Record<string, string>>,
): void {
  mkdirSync(dir, { recursive: true });
  git(dir, env, "init", "--quiet", "--initial-branch=main");
  for (const [key = "", value = ""] of settings(dir)) git(dir, env, "config", key, value);
  for (const { message, daysAgo, files } of commits) {
    for (const [path, text] of Object.entries(files)) {
      mkdirSync(dirname(join(dir, path)), { recursive: true });
      writeFileSync(join(dir, path), text);
    }
    const at = new Date(FIRST_DAY_MS - daysAgo * DAY_MS).toISOString();
    git(dir, env, "add", "--all");
    git(dir, { ...env, GIT_AUTHOR_DATE: at, GIT_COMMITTER_DATE: at }, "commit", "--quiet", "-m", message);
  }
}

function git(cwd: string, env: Readonly<Record<string, string>>, ...args: readonly string[]): void {
  const done = Bun.spawnSync(["git", ...args], {
    cwd,
    env,
    stdin: "ignore",
    stdout: "ignore",
    stderr: "pipe",
  });
  if (!done.success) throw new Error(`git ${args.join(" ")} failed in ${cwd}: ${done.stderr.toString()}`);
}
