import type { Caller } from "#domain/caller.ts";
import type { Store } from "#operations/ports/store.ts";
import type { Context } from "#operations/context.ts";
import type { Globals } from "#doors/cli/globals.ts";
import type { Surroundings } from "#doors/cli/surroundings.ts";
import { checkoutAround } from "#operations/git/checkout-around.ts";
import { openStore } from "#store/open-store.ts";
import { recordDenial } from "#operations/record-denial.ts";
import { findCaller, type CallerRequest } from "./find-caller.ts";
import { findWorkspace } from "./find-workspace.ts";
import { localFiles } from "./local-files.ts";
import { hostName, stateDir } from "./places.ts";
import { sleep } from "./sleep.ts";
import { homedir } from "node:os";
import { join } from "node:path";

/** Opens the workspace that a command line means, and makes what its operation works with. */
export async function openContext(
  surroundings: Surroundings,
  globals: Globals,
  signal: AbortSignal,
): Promise<Context> {
  const { env, cwd } = surroundings;
  const place = findWorkspace({ workspace: globals.workspace, profile: globals.profile, cwd, env });
  const store = await openStore({ place });
  try {
    return await contextOf(surroundings, globals, signal, store);
  } catch (error) {
    await store.close();
    throw error;
  }
}

/** A name that its shell may not take is refused, and the attempt is kept under the name that it has. */
async function callerFor(store: Store, request: CallerRequest): Promise<Caller> {
  try {
    return findCaller(request);
  } catch (error) {
    const own = findCaller({ ...request, as: undefined, actor: undefined, setting: undefined });
    await recordDenial(store, own, "as", error);
    throw error;
  }
}

export async function contextOf(
  surroundings: Surroundings,
  globals: Globals,
  signal: AbortSignal,
  store: Store,
): Promise<Context> {
  const { env, cwd, now } = surroundings;
  const { as, actor, lease, run, project, idempotencyKey } = globals;
  const isNamed = as !== undefined || actor !== undefined;
  const setting = isNamed ? undefined : (await store.projects.settings()).actor;
  const caller = await callerFor(store, {
    as,
    actor,
    setting,
    lease,
    run,
    env,
    isTTY: surroundings.stdin.isTTY,
    host: hostName(env),
  });
  const git = async () => {
    const { createGit } = await import("#git/git.ts");
    return createGit({
      env,
      stateDir: join(stateDir(env), "locks"),
      now,
      nonce: () => crypto.randomUUID(),
    });
  };
  return {
    caller,
    store,
    files: localFiles(cwd),
    git,
    checkout: async () => checkoutAround(await git(), caller.host, cwd),
    forge: async () => {
      const [{ ghForge }, { ghRunner }] = await Promise.all([
        import("#forge/gh-forge.ts"),
        import("#forge/run-gh.ts"),
      ]);
      return ghForge(ghRunner(env, homedir()));
    },
    todo: async () => (await import("#formats/todo-md/todo-format.ts")).todoFormat,
    now,
    sleep,
    signal,
    random: Math.random,
    randomBytes: (count) => crypto.getRandomValues(new Uint8Array(count)),
    ...(project === undefined ? {} : { project }),
    ...(idempotencyKey === undefined ? {} : { idempotencyKey }),
  };
}
