import { accessSync, chmodSync, constants, mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { isAbsolute, join } from "node:path";
import { type GuardedPlace, GUARD_HOOKS, guardHook, type GuardText, HOOK_NAMES } from "./guard-hook.ts";
import { guardProgram } from "./guard-program.ts";
import { guardConfig } from "./guard-settings.ts";
import { linkedGitDir } from "#worker/run/run-folder.ts";
import { refusalsFile } from "./refusals.ts";
import type { AgentRun } from "#worker/run/run-context.ts";
import type { RunPlace } from "#worker/run/run-places.ts";

/** Writes what refuses to a run, as long as it keeps its environment, to move what is not its own. */
export async function layGuard(
  { session, folder, name }: AgentRun,
  places: readonly RunPlace[],
): Promise<void> {
  const { deps } = session;
  const guarded = await Promise.all(
    places.map(async ({ repo, dir, commonDir, runBranch }): Promise<GuardedPlace> => {
      const hooks = await deps.git.hooksDir({ repo: commonDir, dir });
      return { alias: repo.alias, commonDir, gitDir: linkedGitDir(dir), branch: runBranch, hooks };
    }),
  );
  const text: GuardText = {
    run: name.run,
    places: guarded,
    hooks: folder.hooks,
    refusals: refusalsFile(folder),
  };
  for (const dir of [folder.hooks, folder.programs, folder.refusals])
    mkdirSync(dir, { recursive: true, mode: 0o700 });
  const hook = guardHook(text);
  const names = guarded.flatMap(({ hooks }) => (isAbsolute(hooks) ? executables(hooks) : HOOK_NAMES));
  for (const one of new Set([...GUARD_HOOKS, ...names])) writeProgram(join(folder.hooks, one), hook);
  writeFileSync(folder.gitConfig, guardConfig(folder.hooks));
  const git = Bun.which("git", { PATH: deps.path });
  if (git !== null) writeProgram(join(folder.programs, "git"), guardProgram(text, git, folder.gitConfig));
}

/** Samples have a point in their name. */
const HOOK_NAME = /^[a-z0-9-]+$/;

function writeProgram(path: string, text: string): void {
  writeFileSync(path, text);
  chmodSync(path, 0o700);
}

function executables(dir: string): readonly string[] {
  try {
    return readdirSync(dir).filter((name) => HOOK_NAME.test(name) && isExecutable(join(dir, name)));
  } catch {
    return [];
  }
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
