import { existsSync, mkdirSync, realpathSync } from "node:fs";
import { basename, delimiter, dirname, isAbsolute, join } from "node:path";
import type { OutsideCall } from "#cli/outside-command.ts";
import type { Caller } from "#domain/caller.ts";
import { SluiceError } from "#domain/errors.ts";
import type { Context } from "#operations/context.ts";
import { brief } from "#operations/item/brief.ts";
import { workerPort } from "#operations/worker/worker-operations.ts";
import { createLauncher } from "#runners/create-launcher.ts";
import { DEFAULT_LIMITS, type WorkerDeps } from "#worker/worker-deps.ts";
import { findWorkspace, WORKSPACE_FILE } from "#compose/find-workspace.ts";
import { configDir, dataDir, hostName, stateDir, workspaceStateDir } from "#compose/places.ts";
import { trustedPlaces } from "#compose/user-settings.ts";
import { runServer } from "./serve-run.ts";

/** What a worker of this process works with. */
export async function workerDeps(
  { surroundings, globals }: Pick<OutsideCall, "surroundings" | "globals">,
  context: Context,
  limits: Partial<WorkerDeps["limits"]>,
): Promise<WorkerDeps> {
  const { env } = surroundings;
  const launcher = createLauncher({ hostEnv: env, platform: process.platform });
  const identity = launcher.processIdentity(process.pid);
  if (identity === undefined)
    throw new SluiceError("unavailable", "This process cannot be found among the processes of this machine");
  const state = workspaceStateDir(env, context.store.place);
  mkdirSync(state, { recursive: true, mode: 0o700 });
  const host = hostName(env);
  const { idempotencyKey: _key, project: _project, ...own } = context;
  return {
    port: workerPort({ ...own, caller: asItself(host) }),
    git: await context.git(),
    forge: await context.forge(),
    launcher,
    brief: workerBrief,
    host,
    identity,
    workerId: crypto.randomUUID(),
    // As it was found, a password included: the agents open it themselves.
    workspace: findWorkspace({ ...globals, cwd: surroundings.cwd, env }),
    stateDir: state,
    programFolders: programFolders(env),
    hidden: hiddenPlaces(env, context.store.place),
    serveRun: context.remote === undefined ? runServer(surroundings, context) : undefined,
    toolServer: { program: ownProgram(env), args: ["mcp"] },
    path: [dirname(ownProgram(env)), env["PATH"] ?? ""].join(delimiter),
    now: Date.now,
    random: Math.random,
    token: () => crypto.randomUUID(),
    sleep: (ms, signal) => context.sleep(ms, signal).catch(() => {}),
    limits: { ...DEFAULT_LIMITS, ...limits },
  };
}

/** A worker on its own machine. To a server it is whoever the token says. */
const asItself = (host: string): Caller => ({
  actor: { kind: "system", name: "worker" },
  auth: "run",
  authority: "system",
  interface: "worker",
  host,
});

/** The `sluice` program that agents call: the compiled one, or the source's. */
function ownProgram(env: Readonly<Record<string, string | undefined>>): string {
  const isCompiled = import.meta.dir.startsWith("/$bunfs");
  return (
    env["SLUICE_PROGRAM"] ??
    (isCompiled ? process.execPath : join(import.meta.dir, "..", "..", "..", "bin", "sluice"))
  );
}

/** Of the source, all of it, and its packages where a link leads to them. */
function programFolders(env: Readonly<Record<string, string | undefined>>): readonly string[] {
  const folder = dirname(realpathSync(ownProgram(env)));
  if (basename(folder) !== "bin" || !existsSync(join(folder, "..", "package.json"))) return [folder];
  const source = dirname(folder);
  const packages = join(source, "node_modules");
  return existsSync(packages) ? [source, realpathSync(packages)] : [source];
}

/** Of the files of a SQLite database. */
const ENDINGS = ["", "-wal", "-shm", "-journal"];

/** What of Sluice no run sees: this workspace and those beside it, states, profiles. */
function hiddenPlaces(env: Readonly<Record<string, string | undefined>>, place: string): readonly string[] {
  const files = [...new Set([place, ...trustedPlaces(env)])].filter((path) => isAbsolute(path));
  const beside = files.flatMap((file) =>
    file.endsWith(WORKSPACE_FILE) ? [dirname(file)] : ENDINGS.map((ending) => file + ending),
  );
  return [stateDir(env), configDir(env), dataDir(env), ...beside];
}

/** The text a run starts from, with the places where it works. */
export const workerBrief: WorkerDeps["brief"] = (detail, { ref, places, earlier, resumes }) => {
  const prefix = ref.slice(0, ref.lastIndexOf("-"));
  return brief({
    detail,
    refOf: (id) => `${prefix}-${id}`,
    runs: earlier.toReversed(),
    resumes,
    repos: [
      ...places.map(({ alias, dir, branch, base }) => ({
        alias,
        role: "target" as const,
        path: dir,
        branch,
        base,
      })),
      ...detail.repos.filter((repo) => repo.role === "context"),
    ],
  });
};
