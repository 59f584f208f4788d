import { join } from "node:path";
import { decode, type GitRunner } from "./run-git.ts";
import { splitNul } from "./split-nul.ts";

/** Where git looks for the hooks of a worktree; what the command line sets does not count, since ours turns them off. */
export async function hooksDir(git: GitRunner, repo: string, dir: string): Promise<string> {
  const args = ["config", "-z", "--show-scope", "--type=path", "--get-all", "core.hooksPath"];
  const { exit, stdout } = await git.run({ cwd: dir, args });
  const fields = exit === 0 ? splitNul(decode(stdout)) : [];
  const values = fields.filter((_, at) => at % 2 === 1 && fields[at - 1] !== "command");
  return values.at(-1) ?? join(repo, "hooks");
}
