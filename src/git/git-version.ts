import { SluiceError } from "#domain/errors.ts";
import type { GitRunner } from "./run-git.ts";

/** The oldest git whose `merge-tree --write-tree` and `worktree list -z` are tested. */
const OLDEST = [2, 39] as const;

/** Refuses with `unavailable` a git that is older than 2.39. */
export async function requireVersion(git: GitRunner, cwd: string): Promise<void> {
  const text = (await git.text({ cwd, args: ["version"] })).trim();
  const [, major, minor] = /(\d+)\.(\d+)/.exec(text) ?? [];
  const newer = Number(major) > OLDEST[0];
  if (newer || (Number(major) === OLDEST[0] && Number(minor) >= OLDEST[1])) return;
  throw new SluiceError(
    "unavailable",
    `Sluice needs git ${OLDEST.join(".")} or newer, this is ${JSON.stringify(text)}`,
    {
      hint: "Install a newer git and see that it comes first on the PATH.",
    },
  );
}
