import { z } from "zod";
import type { RunMcpServer, RunnerEvent, RunReach, TokenUsage } from "#operations/ports/launcher.ts";
import type { CodexRunnerSpec } from "#operations/ports/runner-spec.ts";
import {
  type LaunchPlan,
  brokenOff,
  completed,
  jsonLine,
  classifySilentExit,
  optional,
  type PlanInput,
  type RunnerAdapter,
  statusIn,
  tokens,
} from "./adapter.ts";

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

/** The HTTP status that the program puts into its sentence. */
const STATUS = /\bstatus (\d{3})\b/;

/** Codex, headless: `codex exec`, the brief on stdin, events as JSON lines, commands in its own sandbox. */
export const codexAdapter = (spec: CodexRunnerSpec): RunnerAdapter => ({
  name: "codex",
  program: spec.program ?? "codex",
  versionArgs: ["--version"],
  plan: (input) => plan(spec, input),
  parse: codexEvents(),
  classifyExit: classifySilentExit("Codex"),
});

function plan(spec: CodexRunnerSpec, input: PlanInput): LaunchPlan {
  const settings = [
    ...SETTINGS,
    ...sandbox(input.reach ?? { dirs: [], network: false }),
    ...(input.mcp === undefined ? [] : mcpSettings(input.mcp)),
    ...(spec.config ?? []),
  ];
  return {
    args: [
      ...HEADLESS,
      ...settings.flatMap((setting) => ["-c", setting]),
      ...optional("--model", spec.model),
      // Behind all options: those of the sandbox are not the subcommand's.
      ...(input.resume === undefined ? [] : ["resume", input.resume]),
      "-",
    ],
    // Its tool servers get theirs from here, by name.
    env: input.mcp?.env ?? {},
    inherit: AUTHENTICATION,
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

const Started = z.object({ type: z.literal("thread.started"), thread_id: z.string() });

const Message = z.object({ type: z.literal("agent_message"), text: z.string() });
const McpCall = z.object({
  type: z.literal("mcp_tool_call"),
  server: z.string(),
  tool: z.string(),
  status: z.string().optional(),
});
const Work = z.object({ type: z.enum(["command_execution", "file_change", "web_search"]) });
const Item = z.object({ type: z.literal("item.completed"), item: z.unknown() });

/** Not fatal by itself: the program tells each of its retries so, and last the error itself. */
const Problem = z.object({ type: z.literal("error"), message: z.string() });

const Completed = z.object({
  type: z.literal("turn.completed"),
  usage: z
    .object({
      input_tokens: tokens,
      cached_input_tokens: tokens,
      cache_write_input_tokens: tokens,
      output_tokens: tokens,
    })
    .optional(),
});

const Failed = z.object({ type: z.literal("turn.failed"), error: z.object({ message: z.string() }) });

/** Reads the lines of `codex exec --json`, in order. Unknown events, and lines that are none, give nothing. */
export function codexEvents(): (line: string) => readonly RunnerEvent[] {
  let lastMessage: string | undefined;
  let hasAnswered = false;
  let retries = 0;
  return (line) => {
    const event = jsonLine(line);
    const started = Started.safeParse(event);
    if (started.success) return [{ type: "session", sessionId: started.data.thread_id }];
    const item = Item.safeParse(event);
    if (item.success) {
      const told = itemEvents(item.data.item);
      for (const one of told) if (one.type === "message") lastMessage = one.text;
      hasAnswered ||= told.length > 0;
      return told;
    }
    const problem = Problem.safeParse(event);
    if (problem.success) {
      retries += 1;
      return [{ type: "retry", attempt: retries, status: statusIn(problem.data.message, STATUS) }];
    }
    const done = Completed.safeParse(event);
    if (done.success) return [completed(lastMessage, { usage: usageOf(done.data) })];
    const failed = Failed.safeParse(event);
    if (!failed.success) return [];
    const { message } = failed.data.error;
    return [brokenOff(message, { status: statusIn(message, STATUS), hasAnswered })];
  };
}

function itemEvents(item: unknown): readonly RunnerEvent[] {
  const message = Message.safeParse(item);
  if (message.success) return [{ type: "message", text: message.data.text }];
  const call = McpCall.safeParse(item);
  if (call.success) return [{ type: "tool", name: `${call.data.server}.${call.data.tool}` }];
  const work = Work.safeParse(item);
  return work.success ? [{ type: "tool", name: work.data.type }] : [];
}

/** The program counts cached tokens among the tokens read; here they stand beside them. It tells no price. */
function usageOf({ usage }: z.infer<typeof Completed>): TokenUsage | undefined {
  return (
    usage && {
      inputTokens: Math.max(
        0,
        usage.input_tokens - usage.cached_input_tokens - usage.cache_write_input_tokens,
      ),
      outputTokens: usage.output_tokens,
      cacheReadTokens: usage.cached_input_tokens,
      cacheWriteTokens: usage.cache_write_input_tokens,
    }
  );
}
