import { homedir } from "node:os";
import { join } from "node:path";
import type { Surroundings } from "#cli/surroundings.ts";
import type { Context } from "#operations/context.ts";
import { checkoutAround } from "#operations/git/checkout-around.ts";
import { localFiles } from "./caller-files.ts";
import { stateDir } from "./places.ts";
import { sleep } from "./sleep.ts";

/** What operations use of this machine, wherever the workspace is. */
type MachineParts = Pick<
  Context,
  "files" | "git" | "checkout" | "forge" | "todo" | "now" | "sleep" | "random" | "randomBytes"
>;

export function machineParts({ env, cwd, now }: Surroundings, host: string): MachineParts {
  const git = async () => {
    const { createGit } = await import("#git/create-git.ts");
    return createGit({
      env,
      stateDir: join(stateDir(env), "locks"),
      now,
      nonce: () => crypto.randomUUID(),
    });
  };
  return {
    files: localFiles(cwd),
    git,
    checkout: async () => checkoutAround(await git(), host, cwd),
    forge: async () => {
      const [{ ghForge }, { ghRunner }] = await Promise.all([
        import("#forge/gh-forge.ts"),
        import("#forge/run-gh.ts"),
      ]);
      return ghForge(ghRunner(env, homedir()));
    },
    todo: async () => (await import("#formats/todo-md/markdown-format.ts")).todoFormat,
    now,
    sleep,
    random: Math.random,
    randomBytes: (count) => crypto.getRandomValues(new Uint8Array(count)),
  };
}
