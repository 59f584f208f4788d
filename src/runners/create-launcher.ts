import { mkdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import type {
  Confinement,
  Launcher,
  LaunchRequest,
  RunHandle,
  RunnerEvent,
  RunnerResult,
  RunnerSpec,
} from "#operations/ports/launcher.ts";
import type { RunnerAdapter } from "./adapter.ts";
import { type CappedLog, openCappedLog } from "./capped-log.ts";
import { childEnvironment, secretValues } from "./child-environment.ts";
import { claudeCodeAdapter } from "./claude-code.ts";
import { codexAdapter } from "./codex.ts";
import { commandAdapter } from "./command.ts";
import { detectRunner, findProgram } from "./detect-runner.ts";
import { geminiAdapter } from "./gemini.ts";
import { grokAdapter } from "./grok.ts";
import { openCodeAdapter } from "./opencode.ts";
import { createOutput } from "./output.ts";
import { openProcessTable, type ProcessTable } from "./process-table.ts";
import type { BoxContents } from "./bubblewrap.ts";
import { OWN_PLACES } from "./private-places.ts";
import { openProcessTrees } from "./process-tree.ts";
import { redactEvent } from "./redactor.ts";
import {
  checkedToken,
  DEFAULT_GRACE_MS,
  endRunProcesses,
  findRunProcesses,
  isAlive,
  processIdentity,
} from "./run-processes.ts";
import { runResult, NO_EVENTS, withEvent } from "./run-result.ts";
import { supervise, type SuperviseInput } from "./supervise.ts";

interface LauncherOptions {
  /** The environment runs inherit from, by allow-list. */
  readonly hostEnv: Readonly<Record<string, string | undefined>>;
  readonly platform: NodeJS.Platform;
  /** Folder that programs given by a relative path are taken from: the operator's, never the run's. Default: this process's. */
  readonly folder?: string | undefined;
  /** How long a program that said it had ended may take to exit: its hooks and servers end meanwhile. Default 15,000. */
  readonly lingerMs?: number | undefined;
  /** `marks`: no namespace, though this machine could have one. Default: the strongest that works here. */
  readonly processTree?: "marks" | undefined;
}

/** See `LauncherOptions.lingerMs`. */
const DEFAULT_LINGER_MS = 15_000;

interface Host {
  readonly table: ProcessTable;
  readonly treeFor: ReturnType<typeof openProcessTrees>;
  readonly env: LauncherOptions["hostEnv"];
  readonly folder: string;
  readonly lingerMs: number;
}

export function createLauncher(options: LauncherOptions): Launcher {
  const table = openProcessTable(options.platform);
  const { platform, hostEnv, processTree } = options;
  const treeFor = openProcessTrees({ platform, env: hostEnv, only: processTree });
  const host: Host = {
    table,
    treeFor,
    env: options.hostEnv,
    folder: options.folder ?? process.cwd(),
    lingerMs: options.lingerMs ?? DEFAULT_LINGER_MS,
  };
  return {
    isolation: (asked) => treeFor(asked).kind,
    start: async (request) => startRun(host, request),
    detect: (runner) => detectRunner(adapterFor(runner), host),
    findRunProcesses: (query) => findRunProcesses(table, query),
    endRunProcesses: (query) => endRunProcesses(table, query),
    processIdentity: (pid) => processIdentity(table, pid),
    isAlive: (identity) => isAlive(table, identity),
  };
}

const UNCONFINED: Confinement = {
  sandbox: "none",
  network: true,
  writable: [],
  visible: [],
  hidden: [],
  agent: false,
};

function startRun(host: Host, request: LaunchRequest): RunHandle {
  checkedToken(request.marker.token);
  const confinement = request.confinement ?? UNCONFINED;
  const tree = host.treeFor(confinement);
  const adapter = adapterFor(request.runner);
  const plan = adapter.plan(request);
  const env = childEnvironment({
    host: host.env,
    allowed: [...plan.inherit, ...(request.runner.passEnv ?? [])],
    adapter: plan.env ?? {},
    given: request.env,
    briefFile: request.briefFile,
    tempDir: request.tempDir,
    marker: request.marker,
  });
  if (!isFolder(request.cwd)) return failedRun(`the working folder ${request.cwd} is not there`);
  const program = findProgram(adapter.program, env["PATH"] ?? "", host.folder);
  if (program === undefined) {
    return failedRun(`${adapter.program} was not found or is not executable; install it or set its path`);
  }
  try {
    writeInputs(request, plan.files ?? {});
    const stdinFile = plan.stdin === "nothing" ? undefined : request.briefFile;
    const log = openCappedLog(request.logFile, request.maxLogBytes);
    const box = boxOf(request, confinement, { program, env });
    return superviseRun(host, request, {
      adapter,
      log,
      start: { ...plan, program, env, stdinFile, tree, box },
    });
  } catch (error) {
    return failedRun(error instanceof Error ? error.message : String(error));
  }
}

function boxOf(
  { runner, cwd, tempDir, briefFile }: LaunchRequest,
  confinement: Confinement,
  start: Pick<BoxContents, "program" | "env">,
): BoxContents {
  const { kind } = runner;
  const agents = kind === "command" ? Object.keys(OWN_PLACES).filter(isAgentKind) : [kind];
  return {
    ...start,
    confinement,
    cwd,
    tempDir,
    readable: [briefFile],
    writable: [],
    agents: confinement.agent ? agents : [],
  };
}

const isAgentKind = (name: string): name is keyof typeof OWN_PLACES => Object.hasOwn(OWN_PLACES, name);

function writeInputs(request: LaunchRequest, files: Readonly<Record<string, string>>): void {
  mkdirSync(request.tempDir, { recursive: true, mode: 0o700 });
  mkdirSync(dirname(request.briefFile), { recursive: true });
  mkdirSync(dirname(request.logFile), { recursive: true });
  for (const [file, text] of Object.entries({ ...files, [request.briefFile]: request.brief })) {
    // Whatever an earlier try left there, its mode included, must not show what this one holds.
    rmSync(file, { force: true });
    writeFileSync(file, text, { mode: 0o600 });
  }
}

interface Prepared {
  readonly adapter: RunnerAdapter;
  readonly log: CappedLog;
  readonly start: Pick<SuperviseInput, "program" | "args" | "env" | "stdinFile" | "tree" | "box">;
}

function superviseRun(host: Host, request: LaunchRequest, prepared: Prepared): RunHandle {
  let summary = NO_EVENTS;
  const secrets = [
    ...(request.secrets ?? []),
    ...secretValues({ ...request.mcp?.env, ...prepared.start.env }),
  ];
  const take = (raw: RunnerEvent): void => {
    const event = redactEvent(secrets, raw);
    summary = withEvent(summary, event);
    if (event.type === "ended") run.expectExit();
    if (event.type === "session") run.resume();
    if (event.type === "broken") run.stop({ kind: "broken", reason: event.reason });
    request.onEvent?.(event);
  };
  const parse = prepared.adapter.parse;
  const onLine = parse === undefined ? undefined : (line: string): void => parse(line).forEach(take);
  const output = createOutput({ secrets, log: prepared.log, onLine });
  const run = supervise(host.table, {
    ...prepared.start,
    cwd: request.cwd,
    token: request.marker.token,
    leftFile: `${request.logFile}.left`,
    timeoutMs: request.timeoutMs,
    stallMs: request.stallMs,
    lingerMs: host.lingerMs,
    graceMs: request.graceMs ?? DEFAULT_GRACE_MS,
    onStdout: output.stdout,
    onStderr: output.stderr,
  });
  const stop = (reason: string): void => run.stop({ kind: "stopped", reason });
  const unlink = onAbort(request.signal, () => stop("aborted"));
  const result = run.ended.then((ended): RunnerResult => {
    unlink();
    const stderrTail = output.end();
    const logBytes = prepared.log.close();
    return { ...runResult(prepared.adapter, ended, summary, stderrTail), logBytes };
  });
  return { process: run.process, activity: run.activity, stop, result };
}

function onAbort(signal: AbortSignal | undefined, action: () => void): () => void {
  if (signal === undefined) return () => {};
  if (signal.aborted) action();
  signal.addEventListener("abort", action, { once: true });
  return () => signal.removeEventListener("abort", action);
}

function failedRun(reason: string): RunHandle {
  const result: RunnerResult = {
    ending: "runner_failed",
    terminalEvent: false,
    message: `The runner could not be started: ${reason}`,
    logBytes: 0,
    survivorsEnded: 0,
  };
  return { process: undefined, activity: () => {}, stop: () => {}, result: Promise.resolve(result) };
}

function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;
}

/** The adapter for a runner's settings. A new agent CLI is one file beside these, one spec in the port and one line here. */
function adapterFor(spec: RunnerSpec): RunnerAdapter {
  switch (spec.kind) {
    case "command":
      return commandAdapter(spec);
    case "claude-code":
      return claudeCodeAdapter(spec);
    case "codex":
      return codexAdapter(spec);
    case "opencode":
      return openCodeAdapter(spec);
    case "gemini":
      return geminiAdapter(spec);
    case "grok":
      return grokAdapter(spec);
  }
}
