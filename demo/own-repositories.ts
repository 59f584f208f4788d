import { existsSync } from "node:fs";
import { basename, delimiter, join, resolve } from "node:path";
import { createInterface } from "node:readline/promises";
import { z } from "zod";
import { findAgentPrograms, type AgentProgram } from "./agent-programs.ts";
import { quote } from "./demo-folder.ts";
import { sluiceCli, type SluiceCli } from "./sluice-cli.ts";
import { eventLine, followWorker, type RunningWorker } from "./watch-workers.ts";
import { openTerminal, type Terminal } from "./terminal.ts";

export interface OwnOptions {
  /** Repositories of the person who calls, relative to `cwd`. */
  readonly paths: readonly string[];
  /** A file or address; default the workspace of this user. */
  readonly workspace?: string | undefined;
  readonly cwd: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly isTTY: boolean;
  readonly signal: AbortSignal;
}

const Workspace = z.object({ workspace: z.object({ url: z.string() }) });
const Repos = z.object({
  repos: z.array(z.object({ alias: z.string(), project: z.string(), path: z.string().optional() })),
});
const Projects = z.object({ projects: z.array(z.object({ alias: z.string() })) });
const Candidates = z.object({ candidates: z.array(z.object({ ref: z.string() })) });

/** Registers repositories, files what their TODO.md say, and offers to start an agent. Nothing starts without a yes. */
export async function runOnOwn(options: OwnOptions): Promise<void> {
  const { env, cwd, isTTY, signal, workspace } = options;
  const terminal = openTerminal(env, isTTY);
  const dirs = options.paths.map((given) => resolve(cwd, given));
  dirs.forEach(requireRepository);
  const path = [join(import.meta.dir, "..", "bin"), env["PATH"] ?? ""].join(delimiter);
  const place = { dir: cwd, env: { ...env, PATH: path }, attended: true };
  const first = sluiceCli(place, terminal, signal);
  terminal.heading("1. Your workspace");
  const named = workspace === undefined ? ["--global"] : ["--workspace", workspace];
  await first.show("init", ...named);
  const { url } = Workspace.parse(await first.ask("init", ...named)).workspace;
  const cli = sluiceCli({ ...place, env: { ...place.env, SLUICE_WORKSPACE: url } }, terminal, signal);
  terminal.heading("2. Your repositories");
  for (const dir of dirs) await register(cli, terminal, dir);
  terminal.heading("3. What waits at the gate");
  await cli.show("gate", "list");
  terminal.heading("4. Agents");
  await offerAgents(cli, terminal, { agents: findAgentPrograms(env["PATH"] ?? ""), url, isTTY });
}

function requireRepository(dir: string): void {
  const asked = Bun.spawnSync(["git", "-C", dir, "rev-parse", "--git-dir"], { stdin: "ignore" });
  if (!asked.success)
    throw new Error(
      `${dir} is not a git repository. Nothing was changed. Make it one with: git init ${quote(dir)}`,
    );
}

/** A repository becomes a project of its own, whose results stay on branches until the person says otherwise. */
async function register(cli: SluiceCli, terminal: Terminal, dir: string): Promise<void> {
  const { repos } = Repos.parse(await cli.ask("repo", "list"));
  const known = repos.find(({ path }) => path === dir);
  if (known !== undefined) terminal.line(`${dir} is registered as ${known.alias}`);
  const alias = known?.project ?? freeAlias(dir, Projects.parse(await cli.ask("project", "list")).projects);
  if (known === undefined) {
    await cli.show("project", "add", basename(dir), "--alias", alias, "--landing", "branch");
    await cli.show("repo", "add", dir, "-p", alias);
  }
  const todo = join(dir, "TODO.md");
  if (existsSync(todo)) await cli.show("todo", "import", todo, "-p", alias);
  else
    terminal.line(terminal.dim(`${dir} has no TODO.md; add work with: sluice item add -t "…" -p ${alias}`));
}

function freeAlias(dir: string, taken: readonly { readonly alias: string }[]): string {
  const plain = basename(dir)
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, "-")
    .replace(/^-+|-+$/g, "")
    .slice(0, 30);
  const base = plain === "" ? "repo" : plain;
  const isFree = (alias: string) => taken.every((one) => one.alias !== alias);
  if (isFree(base)) return base;
  for (let n = 2; ; n += 1) if (isFree(`${base}-${n}`)) return `${base}-${n}`;
}

interface Offer {
  readonly agents: readonly AgentProgram[];
  readonly url: string;
  readonly isTTY: boolean;
}

async function offerAgents(cli: SluiceCli, terminal: Terminal, { agents, url, isTTY }: Offer): Promise<void> {
  for (const { program, path, runner } of agents)
    terminal.line(
      runner === undefined
        ? `${path}: not known to Sluice yet; start it with --runner ${program}='${program} …'`
        : `${path}: runner ${runner}`,
    );
  const runner = agents.find((agent) => agent.runner !== undefined)?.runner;
  if (runner === undefined)
    terminal.line(
      "No agent program that Sluice knows is on PATH. Any program will do: --runner NAME='PROGRAM ARGS'",
    );
  const work = ["work", "--runner", runner ?? "NAME=PROGRAM", "--until-empty"];
  const { candidates } = Candidates.parse(await cli.ask("gate", "list"));
  const refs = candidates.map(({ ref }) => ref);
  const yes = isTTY ? question(terminal) : async () => false;
  if (
    runner !== undefined &&
    (await yes(
      `Let agents work on ${refs.length === 0 ? "what is ready" : refs.join(", ")} now? Results stay on branches.`,
    ))
  ) {
    if (refs.length > 0) await cli.show("gate", "approve", ...refs, "--lane", "autonomous_safe");
    await watch(terminal, { runner, command: cli.start(...work) });
    await cli.show();
    return;
  }
  terminal.line("No agent was started. To start one:");
  const commands = [
    ...(refs.length === 0 ? [] : [["gate", "approve", ...refs, "--lane", "autonomous_safe"]]),
    work,
  ];
  terminal.line(
    `  export SLUICE_WORKSPACE=${quote(url)} PATH=${quote(join(import.meta.dir, "..", "bin"))}:"$PATH"`,
  );
  for (const command of commands) terminal.line(`  ${["sluice", ...command].map(quote).join(" ")}`);
}

/** Shows what a worker does, until it ends. Ctrl-C reaches it by itself: the runs in progress finish. */
async function watch(terminal: Terminal, worker: RunningWorker): Promise<void> {
  const startedAt = performance.now();
  const code = await followWorker(worker, (event) => {
    const line = eventLine(terminal, (performance.now() - startedAt) / 1000, worker.runner, event);
    if (line !== undefined) terminal.line(line);
  });
  if (code !== 0) throw new Error(`The worker ended with exit code ${code}`);
}

const question =
  (terminal: Terminal) =>
  async (text: string): Promise<boolean> => {
    const reader = createInterface({ input: process.stdin, output: process.stdout });
    try {
      return /^y(es)?$/i.test((await reader.question(`${terminal.bold(text)} [y/N] `)).trim());
    } finally {
      reader.close();
    }
  };
