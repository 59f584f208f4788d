import { mkdirSync } from "node:fs";
import { delimiter, dirname, join } from "node:path";
import { SluiceError } from "#domain/errors.ts";
import type { OutsideCall } from "#cli/outside-command.ts";
import type { Context } from "#operations/context.ts";
import { createLauncher } from "#runners/create-launcher.ts";
import { DEFAULT_LIMITS, type WorkerDeps } from "#worker/worker-deps.ts";
import { findWorkspace } from "./find-workspace.ts";
import { hostName, workspaceStateDir } from "./places.ts";
import { workerBrief } from "./worker-brief.ts";

/** What a worker of this process works with. */
export async function workerDeps(
  { surroundings, globals }: Pick<OutsideCall, "surroundings" | "globals">,
  context: Pick<Context, "store" | "git" | "forge" | "sleep">,
  limits: Partial<WorkerDeps["limits"]>,
): Promise<WorkerDeps> {
  const { env } = surroundings;
  const launcher = createLauncher({ hostEnv: env, platform: process.platform });
  const identity = launcher.processIdentity(process.pid);
  if (identity === undefined)
    throw new SluiceError("unavailable", "This process cannot be found among the processes of this machine");
  const stateDir = workspaceStateDir(env, context.store.place);
  mkdirSync(stateDir, { recursive: true, mode: 0o700 });
  return {
    store: context.store,
    git: await context.git(),
    forge: await context.forge(),
    launcher,
    brief: workerBrief,
    host: hostName(env),
    identity,
    workerId: crypto.randomUUID(),
    // As it was found, a password included: the agents open it themselves.
    workspace: findWorkspace({ ...globals, cwd: surroundings.cwd, env }),
    stateDir,
    toolServer: { program: ownProgram(env), args: ["mcp"] },
    path: [dirname(ownProgram(env)), env["PATH"] ?? ""].join(delimiter),
    now: Date.now,
    random: Math.random,
    token: () => crypto.randomUUID(),
    sleep: (ms, signal) => context.sleep(ms, signal).catch(() => {}),
    limits: { ...DEFAULT_LIMITS, ...limits },
  };
}

/** The `sluice` program that agents call: the compiled one, or the source's. */
function ownProgram(env: Readonly<Record<string, string | undefined>>): string {
  const isCompiled = import.meta.dir.startsWith("/$bunfs");
  return (
    env["SLUICE_PROGRAM"] ??
    (isCompiled ? process.execPath : join(import.meta.dir, "..", "..", "bin", "sluice"))
  );
}
