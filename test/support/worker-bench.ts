import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Context } from "#operations/context.ts";
import type { GitPort } from "#operations/ports/git.ts";
import type { Launcher } from "#operations/ports/launcher.ts";
import type { Store } from "#operations/ports/store.ts";
import type { ItemDetail, NewItem } from "#operations/ports/store/item-store.ts";
import type { LandingRule, Project, Repo, Sandbox } from "#operations/ports/store/project-store.ts";
import type { Run } from "#operations/ports/store/run-store.ts";
import { workerPort, type WorkerPort } from "#operations/worker/worker-operations.ts";
import { ghForge } from "#forge/gh-forge.ts";
import { ghRunner } from "#forge/run-gh.ts";
import { createGit } from "#git/create-git.ts";
import { createLauncher } from "#runners/create-launcher.ts";
import { createWorker } from "#worker/create-worker.ts";
import {
  DEFAULT_LIMITS,
  type WorkerDeps,
  type WorkerLimits,
  type WorkerRunner,
} from "#worker/worker-deps.ts";
import type { WorkerEvent } from "#worker/worker-event.ts";
import type { WorkOptions } from "#worker/work-session.ts";
import { type FixtureRepo, gitSandbox, type GitSandbox } from "./git-fixture.ts";
import { human, openTestStore, type StoreKind } from "./stores.ts";

const HOST = "here";

/** A workspace with one project and one repository, and workers over it: everything real but the agents' minds. */
export interface WorkerBench {
  readonly store: Store;
  readonly place: string;
  readonly git: GitPort;
  readonly launcher: Launcher;
  readonly sandbox: GitSandbox;
  readonly origin: FixtureRepo;
  readonly project: Project;
  readonly repo: Repo;
  readonly stateDir: string;
  readonly deps: WorkerDeps;
  readonly advance: (ms: number) => void;
  /** Writes an executable `sh` program that is a `command` runner. */
  readonly agent: (name: string, script: string) => WorkerRunner;
  readonly add: (item: Partial<NewItem> & { readonly title: string }) => Promise<ItemDetail>;
  /** Works until nothing is left; answers the events. */
  readonly work: (
    runners: readonly WorkerRunner[],
    options?: Partial<WorkOptions>,
    deps?: Partial<WorkerDeps>,
  ) => Promise<readonly WorkerEvent[]>;
  /** Starts a worker in a process of its own, which prints its events. */
  readonly spawn: (
    runners: readonly WorkerRunner[],
    slots?: number,
  ) => Bun.Subprocess<"ignore", "pipe", "inherit">;
  readonly runsOf: (item: ItemDetail) => Promise<readonly Run[]>;
  readonly close: () => Promise<void>;
}

export interface BenchOptions {
  /** Default SQLite. */
  readonly store?: StoreKind;
  readonly check?: string;
  readonly landing?: LandingRule;
  readonly humanReview?: boolean;
  /** Default `none`: scripted agents write down what they see outside of their folder. */
  readonly sandbox?: Sandbox;
  readonly repo?: Partial<
    Pick<Repo, "setup" | "copies" | "caches" | "testPaths" | "protectedPaths" | "target">
  > & { readonly fastForward?: boolean };
  /** Keep the person's checkout on the target branch. */
  readonly checkedOut?: boolean;
  readonly limits?: Partial<WorkerLimits>;
}

const FAST: WorkerLimits = {
  ...DEFAULT_LIMITS,
  pollMs: 20,
  recoverEveryMs: 200,
  graceMs: 1_000,
  lingerMs: 2_000,
};

export async function openWorkerBench(options: BenchOptions = {}): Promise<WorkerBench> {
  const sandbox = gitSandbox();
  const opened = await openTestStore(options.store ?? "sqlite");
  const { store } = opened;
  const home = mkdtempSync(join(tmpdir(), "sluice-worker-"));
  const origin = sandbox.repo("app");
  origin.commit({ message: "Begin", files: { "README.md": "# App\n", "src/a.txt": "one\n" } });
  if (options.checkedOut !== true) origin.git("checkout", "--quiet", "--detach");
  const { project, repo } = await setUpProject(store, origin, options);
  const hostEnv = { ...sandbox.env, PATH: `${programs(home)}:${process.env["PATH"] ?? ""}` };
  const limits = { ...FAST, ...options.limits };
  const deps = workerDeps({ store, place: opened.place, home, hostEnv, limits });
  return {
    store,
    place: opened.place,
    git: deps.git,
    launcher: deps.launcher,
    sandbox,
    origin,
    project,
    repo,
    stateDir: deps.stateDir,
    deps,
    advance: opened.advance,
    agent: (name, script) => agentRunner(home, sandbox, name, script),
    add: (item) =>
      store.items.add({
        by: human(),
        item: { projectId: project.id, spec: EMPTY, lane: "autonomous_safe", ...item },
      }),
    work: (runners, more = {}, changed = {}) => work({ ...deps, ...changed }, runners, more),
    spawn: (runners, slots = 1) => {
      const program = join(import.meta.dir, "work-program.ts");
      const input = JSON.stringify({ place: opened.place, home, hostEnv, limits, runners, slots });
      return Bun.spawn([process.execPath, program, input], {
        stdin: "ignore",
        stdout: "pipe",
        stderr: "inherit",
      });
    },
    runsOf: async ({ item }) => {
      const { items } = await store.runs.list({ itemId: item.id, page: { limit: 50 } });
      return items.toSorted((a, b) => a.id - b.id);
    },
    close: async () => {
      await opened.close();
      rmSync(home, { recursive: true, force: true });
      sandbox[Symbol.dispose]();
    },
  };
}

export interface DepsInput {
  readonly store: Store;
  /** Where agents find it; a password included. */
  readonly place: string;
  readonly home: string;
  readonly hostEnv: Readonly<Record<string, string>>;
  readonly limits: WorkerLimits;
}

/** What a worker in this process works with; the same folders for each process that is given the same home. */
export function workerDeps({ store, place, home, hostEnv, limits }: DepsInput): WorkerDeps {
  const launcher = createLauncher({ hostEnv, platform: process.platform });
  const identity = launcher.processIdentity(process.pid);
  if (identity === undefined) throw new Error("this process cannot be seen");
  const stateDir = join(home, "git");
  return {
    port: portOf(store),
    git: createGit({ env: hostEnv, stateDir, now: Date.now, nonce: () => crypto.randomUUID() }),
    forge: ghForge(ghRunner(hostEnv, home)),
    launcher,
    brief: ({ item }, { ref }) => `${ref}: ${item.title}\n`,
    host: HOST,
    identity,
    workerId: crypto.randomUUID(),
    workspace: place,
    stateDir: join(home, "state"),
    programFolders: ["/opt"],
    hidden: [],
    serveRun: undefined,
    toolServer: { program: "/opt/sluice", args: ["mcp"] },
    path: hostEnv["PATH"] ?? "",
    now: Date.now,
    random: () => 0.5,
    token: () => crypto.randomUUID(),
    sleep,
    limits,
  };
}

/** What a worker writes by, in a workspace of its own machine: of a context its operations take the store and the caller alone. */
export const portOf = (store: Store): WorkerPort => {
  const caller = {
    actor: { kind: "system", name: "worker" },
    auth: "run",
    authority: "system",
    interface: "worker",
    host: HOST,
  } as const;
  return workerPort({ store, caller } as Context);
};

const EMPTY = { steps: [], risks: [], acceptance: [], premises: [] };

async function setUpProject(
  store: Store,
  origin: FixtureRepo,
  { check, landing = "merge", humanReview = false, sandbox = "none", repo = {} }: BenchOptions,
): Promise<{ project: Project; repo: Repo }> {
  const by = human();
  const facts = { alias: "app", name: "App", landing, policy: { humanReview, sandbox } };
  const project = await store.projects.add({ by, ...facts, ...(check === undefined ? {} : { check }) });
  const { setup, ...settings } = repo;
  const added = await store.projects.addRepo({
    by: { ...by, host: HOST },
    projectId: project.id,
    alias: "app",
    path: origin.dir,
    commonDir: origin.repo,
    defaultBranch: "main",
    ...settings,
    setup: setup ?? undefined,
  });
  return { project, repo: added };
}

/** A folder with the program by which scripted agents report: `report finish|block|release …`. */
function programs(home: string): string {
  const dir = join(home, "bin");
  mkdirSync(dir);
  const file = join(dir, "report");
  const program = join(import.meta.dir, "report-program.ts");
  writeFileSync(file, `#!/bin/sh\nexec '${process.execPath}' '${program}' "$@"\n`);
  chmodSync(file, 0o755);
  return dir;
}

/** Agents take the sandbox's person, as they take the host's in a real run. */
function agentRunner(home: string, sandbox: GitSandbox, name: string, script: string): WorkerRunner {
  const file = join(home, `agent-${name}`);
  const identity = `export GIT_CONFIG_GLOBAL='${sandbox.globalConfig}' GIT_CONFIG_NOSYSTEM=1\n`;
  writeFileSync(file, `#!/bin/sh\nset -e\n${identity}${script}\n`);
  chmodSync(file, 0o755);
  return { name, spec: { kind: "command", argv: [file] }, capabilities: [] };
}

async function work(
  deps: WorkerDeps,
  runners: readonly WorkerRunner[],
  options: Partial<WorkOptions>,
): Promise<readonly WorkerEvent[]> {
  const events: WorkerEvent[] = [];
  const emit = (event: WorkerEvent): void => {
    events.push(event);
    options.emit?.(event);
    if (process.env["SLUICE_TEST_EVENTS"] !== undefined) console.error(JSON.stringify(event));
  };
  await createWorker(deps).run({ untilEmpty: true, runners, ...options, emit });
  return events;
}

async function sleep(ms: number, signal?: AbortSignal): Promise<void> {
  if (signal?.aborted === true) return;
  const { promise, resolve } = Promise.withResolvers<void>();
  const timer = setTimeout(resolve, ms);
  signal?.addEventListener("abort", () => resolve(), { once: true });
  await promise;
  clearTimeout(timer);
}
