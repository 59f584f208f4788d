import type { RunMcpServer, RunReach } from "#operations/ports/launcher.ts";
import type { CodexRunnerSpec } from "#operations/ports/runner-spec.ts";
import type { LaunchPlan, PlanInput, RunnerAdapter } from "./adapter.ts";
import { codexEvents } from "./codex-events.ts";
import { judgeSilentExit } from "./judge-silent-exit.ts";

/** Its own ways to sign in, and the addresses that go with them. */
const AUTHENTICATION = ["CODEX_HOME", "CODEX_API_KEY", "OPENAI_*", "AZURE_OPENAI_*"];

const HEADLESS = [
  "exec",
  "--json",
  // Not the operator's own settings, rules and servers: a run behaves the same on every machine.
  "--ignore-user-config",
  "--ignore-rules",
  // It looks for its own marketplace on the network otherwise, for seconds.
  "--disable",
  "plugins",
  "--disable",
  "apps",
  "--sandbox",
  "workspace-write",
] as const;

/** As `-c` takes them; values are TOML. */
const SETTINGS = [
  "analytics.enabled=false",
  "check_for_update_on_startup=false",
  // Nobody is there to be asked: what is not allowed is refused at once.
  'approval_policy="never"',
  // A login shell may set PATH anew, and lose `sluice`.
  "allow_login_shell=false",
  // The run's lease has a name that is left out otherwise, and without it no command could report.
  "shell_environment_policy.ignore_default_excludes=true",
  // The way to the model is the program's own: no command needs it.
  'shell_environment_policy.exclude=["*_API_KEY"]',
] as const;

/** Codex, headless: `codex exec`, the brief on stdin, events as JSON lines, commands in its own sandbox. */
export function codexAdapter(spec: CodexRunnerSpec): RunnerAdapter {
  const program = spec.program ?? "codex";
  return {
    name: "codex",
    program,
    versionArgs: ["--version"],
    plan: (input) => plan(program, spec, input),
    parse: codexEvents(),
    judge: judgeSilentExit("Codex"),
  };
}

function plan(program: string, spec: CodexRunnerSpec, input: PlanInput): LaunchPlan {
  const settings = [
    ...SETTINGS,
    ...sandbox(input.reach ?? { dirs: [], network: false }),
    ...(input.mcp === undefined ? [] : mcpSettings(input.mcp)),
    ...(spec.config ?? []),
  ];
  return {
    program,
    args: [
      ...HEADLESS,
      ...settings.flatMap((setting) => ["-c", setting]),
      ...(spec.model === undefined ? [] : ["--model", spec.model]),
      // Behind all options: those of the sandbox are not the subcommand's.
      ...(input.resume === undefined ? [] : ["resume", input.resume]),
      "-",
    ],
    // Its tool servers get theirs from here, by name.
    env: input.mcp?.env ?? {},
    inherit: AUTHENTICATION,
    files: {},
    stdin: "brief",
  };
}

/** It keeps the git directories of a worktree read-only, unless the shared one and the worktree's own are both named. */
function sandbox({ dirs, network }: RunReach): readonly string[] {
  return [
    `sandbox_workspace_write.writable_roots=${toml(dirs)}`,
    `sandbox_workspace_write.network_access=${network}`,
    // Shared by everybody on the machine; the run has a folder for temporary files of its own.
    "sandbox_workspace_write.exclude_slash_tmp=true",
  ];
}

/**
 * The server inherits its secrets by name from the program's environment: arguments can be read by everybody on the machine.
 * Without it, the program does not start; its tools are never asked for.
 */
function mcpSettings({ name, program, args, env }: RunMcpServer): readonly string[] {
  const server = `mcp_servers.${name}`;
  return [
    `${server}.command=${toml(program)}`,
    `${server}.args=${toml(args)}`,
    `${server}.env_vars=${toml(Object.keys(env))}`,
    `${server}.required=true`,
    `${server}.default_tools_approval_mode="approve"`,
  ];
}

/** JSON's strings and lists of strings are TOML's too. */
function toml(value: string | readonly string[]): string {
  return JSON.stringify(value);
}
