import { homedir } from "node:os";
import { join } from "node:path";
import type { OutsideCall } from "#cli/outside-command.ts";
import type { Surroundings } from "#cli/surroundings.ts";
import { SluiceError } from "#domain/errors.ts";
import type { Context, Checkout } from "#operations/context.ts";
import type { GitPort } from "#operations/ports/git.ts";
import { localFiles } from "./caller-files.ts";
import { stateDir } from "./places.ts";

/** What operations use of this machine, wherever the workspace is. */
type MachineParts = Pick<
  Context,
  | "files"
  | "git"
  | "checkout"
  | "forge"
  | "isolation"
  | "proof"
  | "todo"
  | "now"
  | "sleep"
  | "random"
  | "randomBytes"
>;

export function machineParts(surroundings: Surroundings, host: string): MachineParts {
  const { env, cwd, now } = surroundings;
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
    proof: proofAt(surroundings),
    isolation: async () => {
      const { createLauncher } = await import("#runners/create-launcher.ts");
      const launcher = createLauncher({ hostEnv: env, platform: process.platform });
      const kind = launcher.isolation({ sandbox: "auto", network: true });
      if (kind === "bubblewrap") return { kind };
      const why = refusal(() => launcher.isolation({ sandbox: "bwrap", network: true }));
      const has = why?.details["has"];
      return { kind, why: typeof has === "string" ? has : "unknown" };
    },
    todo: async () => (await import("#formats/todo-md/markdown-format.ts")).todoFormat,
    now,
    sleep,
    random: Math.random,
    randomBytes: (count) => crypto.getRandomValues(new Uint8Array(count)),
  };
}

/** How a person proves to be one, at the terminal of a process. */
export const proofAt =
  (surroundings: Pick<Surroundings, "argv" | "env">): NonNullable<Context["proof"]> =>
  async () =>
    (await import("./proof/terminal-proof.ts")).terminalProof(surroundings);

function refusal(call: () => unknown): SluiceError | undefined {
  try {
    call();
  } catch (error) {
    if (error instanceof SluiceError) return error;
    throw error;
  }
  return undefined;
}

/** Waits; ends at once when the signal is aborted, and never rejects: whoever waits looks at the signal. */
export function sleep(ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((done) => {
    if (signal?.aborted === true) {
      done();
      return;
    }
    const end = () => {
      clearTimeout(timer);
      signal?.removeEventListener("abort", end);
      done();
    };
    const timer = setTimeout(end, ms);
    signal?.addEventListener("abort", end, { once: true });
  });
}

/** The checkout around a folder of this machine; undefined outside of any, or in one that its owner alone may read. */
export async function checkoutAround(
  git: GitPort,
  host: string,
  folder: string,
): Promise<Checkout | undefined> {
  try {
    const { commonDir } = await git.inspect({ path: folder });
    return { host, commonDir };
  } catch (error) {
    if (error instanceof SluiceError && ["invalid", "not_found", "denied"].includes(error.code))
      return undefined;
    throw error;
  }
}

/** The project's checks, run by this process for a person, wherever the workspace is. Loads a worker's parts on first use. */
export const personChecks =
  (call: Pick<OutsideCall, "surroundings" | "globals">, context: Context): NonNullable<Context["checks"]> =>
  async () => {
    const [{ checkForPerson }, { workerDeps }] = await Promise.all([
      import("#worker/review/check-for-person.ts"),
      import("#compose/drain/wire-worker.ts"),
    ]);
    return checkForPerson(await workerDeps(call, context, {}));
  };
