import { join } from "node:path";
import type { ClaudeCodeRunnerSpec } from "#operations/ports/runner-spec.ts";
import type { LaunchPlan, PlanInput, RunnerAdapter } from "./adapter.ts";
import { claudeCodeEvents } from "./claude-code-events.ts";
import { judgeSilentExit } from "./judge-silent-exit.ts";

/** What an agent needs to change a repository and to call `sluice`; all else (web, other MCP servers) is refused. */
const DEFAULT_ALLOWED_TOOLS = [
  "Bash",
  "Edit",
  "Write",
  "Read",
  "Glob",
  "Grep",
  "NotebookEdit",
  "TodoWrite",
  "Task",
];

/** The program's own default of 10 keeps a run waiting for minutes on a key that will never work; our breaker waits better. */
const MAX_RETRIES = "3";

const QUIET = {
  DISABLE_TELEMETRY: "1",
  DISABLE_AUTOUPDATER: "1",
  DISABLE_ERROR_REPORTING: "1",
  CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: "1",
} as const;

/** Its own ways to sign in, and the addresses that go with them. */
const AUTHENTICATION = [
  "ANTHROPIC_*",
  "CLAUDE_CODE_OAUTH_TOKEN",
  "CLAUDE_CONFIG_DIR",
  "CLAUDE_CODE_USE_BEDROCK",
  "CLAUDE_CODE_USE_VERTEX",
];

const HEADLESS = [
  "--output-format",
  "stream-json",
  "--verbose",
  // Not the operator's own settings, hooks and servers: a run behaves the same on every machine.
  "--setting-sources",
  "project",
  "--strict-mcp-config",
  // The commit is the operator's: no trailer of the agent's.
  "--settings",
  JSON.stringify({ attribution: { commit: "", pr: "" } }),
  // Nobody is there to be asked: what is not allowed is refused at once.
  "--permission-mode",
  "dontAsk",
] as const;

/** Claude Code, headless: `claude -p`, the brief on stdin, events as JSON lines. */
export function claudeCodeAdapter(spec: ClaudeCodeRunnerSpec): RunnerAdapter {
  const program = spec.program ?? "claude";
  return {
    name: "claude-code",
    program,
    versionArgs: ["--version"],
    plan: (input) => plan(program, spec, input),
    parse: claudeCodeEvents,
    judge: judgeSilentExit("Claude Code"),
  };
}

function plan(program: string, spec: ClaudeCodeRunnerSpec, input: PlanInput): LaunchPlan {
  const mcpFile = input.mcp === undefined ? undefined : join(input.tempDir, "mcp.json");
  return {
    program,
    args: [
      "-p",
      ...HEADLESS,
      ...optional("--resume", [input.resume]),
      ...optional("--allowedTools", [allowedTools(spec, input).join(",")]),
      ...optional("--mcp-config", [spec.mcpConfigFile, mcpFile]),
      ...optional("--model", [spec.model]),
      ...optional("--max-turns", [spec.maxTurns?.toString()]),
    ],
    files: mcpFile === undefined ? {} : { [mcpFile]: mcpConfig(input) },
    env: {
      ...QUIET,
      CLAUDE_CODE_MAX_RETRIES: MAX_RETRIES,
      // Else its message socket goes to a folder that all sessions of the machine share.
      CLAUDE_CODE_TMPDIR: input.tempDir,
    },
    inherit: AUTHENTICATION,
    // On stdin and not as an argument: the process list shows arguments to everybody, and one may hold 128 KiB at most.
    stdin: "brief",
  };
}

function allowedTools(spec: ClaudeCodeRunnerSpec, input: PlanInput): readonly string[] {
  const tools = spec.allowedTools ?? DEFAULT_ALLOWED_TOOLS;
  return input.mcp === undefined ? tools : [...tools, `mcp__${input.mcp.name}`];
}

/** `alwaysLoad` puts the tools' schemas before the model at once, instead of behind a search for tools. */
function mcpConfig({ mcp }: PlanInput): string {
  if (mcp === undefined) return "{}";
  const server = { type: "stdio", command: mcp.program, args: mcp.args, env: mcp.env, alwaysLoad: true };
  return JSON.stringify({ mcpServers: { [mcp.name]: server } });
}

function optional(name: string, values: readonly (string | undefined)[]): readonly string[] {
  const given = values.filter((value) => value !== undefined);
  return given.length === 0 ? [] : [name, ...given];
}
