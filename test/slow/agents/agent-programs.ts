import { join } from "node:path";
import type { RunnerSpec } from "#operations/ports/runner-spec.ts";
import type { ToolCall } from "#test/model-turn.ts";
import { SLUICE, type WorkBench } from "#test/work-bench.ts";
import { installAgent, installPackedAgent } from "./install-agent.ts";

/** A real agent program, and how it is led to the scripted model. */
export interface AgentProgram {
  /** Name of its runner, and what `SLUICE_SKIP_AGENTS` calls it. */
  readonly name: string;
  /** Gives its path; installs it where the machine has not got it yet. */
  readonly install: () => string;
  /** A call of its shell. */
  readonly shell: (command: string) => ToolCall;
  /** A call of a tool of the run's own server. */
  readonly tool: (name: string, input: ToolCall["input"]) => ToolCall;
  /** A call that its settings in a run refuse, and words of the refusal that its model gets. */
  readonly refused: { readonly call: ToolCall; readonly says: string };
  /** Whether it tells that the run's tool server did not start. */
  readonly tellsDeadServer: boolean;
  /** Whether its shell finds the run's own programs before those of the system. */
  readonly keepsPath: boolean;
  /** It needs many seconds to start: told of fewer runs. */
  readonly isSlow: boolean;
  /** Settings of the runner that speaks with the model at `url`; writes below the home what the program wants there. */
  readonly setUp: (bench: WorkBench, program: string, url: string) => AgentSetup;
}

export interface AgentSetup {
  readonly spec: RunnerSpec;
  /** What the worker's environment holds beside a clean one: the way to sign in. */
  readonly env: Readonly<Record<string, string>>;
}

const PLATFORM = `${process.platform}-${process.arch}`;

/** How Rust names the machine. */
const TARGETS: Readonly<Record<string, string>> = {
  "linux-x64": "x86_64-unknown-linux-musl",
  "linux-arm64": "aarch64-unknown-linux-musl",
  "darwin-x64": "x86_64-apple-darwin",
  "darwin-arm64": "aarch64-apple-darwin",
};

const CLAUDE_CODE: AgentProgram = {
  name: "claude-code",
  isSlow: false,
  keepsPath: true,
  install: () => installAgent(`@anthropic-ai/claude-code-${PLATFORM}`, "2.1.329", "claude"),
  shell: (command) => ({ name: "Bash", input: { command, description: "Work" } }),
  tool: (name, input) => ({ name: `mcp__sluice__${name}`, input }),
  refused: {
    call: { name: "WebFetch", input: { url: "http://127.0.0.1:9/", prompt: "Read it" } },
    says: "Permission to use WebFetch has been denied",
  },
  tellsDeadServer: true,
  setUp: (_, program, url) => ({
    env: { ANTHROPIC_BASE_URL: url, ANTHROPIC_API_KEY: "dummy" },
    spec: { kind: "claude-code", program },
  }),
};

const CODEX: AgentProgram = {
  name: "codex",
  isSlow: false,
  keepsPath: true,
  install: () =>
    installAgent("@openai/codex", `0.169.0-${PLATFORM}`, `vendor/${TARGETS[PLATFORM] ?? PLATFORM}/bin/codex`),
  shell: (cmd) => ({ name: "exec_command", input: { cmd } }),
  tool: (name, input) => ({ name, namespace: "mcp__sluice", input }),
  refused: {
    call: { name: "exec_command", input: { cmd: 'touch "$HOME/outside"' } },
    says: "Read-only file system",
  },
  tellsDeadServer: true,
  setUp: (bench, program, url) => {
    // It makes no home of its own where one is named.
    bench.write(".codex/empty", "");
    return {
      env: { OPENAI_API_KEY: "dummy", CODEX_HOME: join(bench.home, ".codex") },
      spec: {
        kind: "codex",
        program,
        // Unknown to the program, it gets the plain tools.
        model: "scripted",
        config: [
          'model_provider="scripted"',
          'model_providers.scripted.name="scripted"',
          `model_providers.scripted.base_url="${url}/v1"`,
          'model_providers.scripted.wire_api="responses"',
          'model_providers.scripted.env_key="OPENAI_API_KEY"',
          "model_providers.scripted.request_max_retries=0",
          "model_providers.scripted.stream_max_retries=0",
        ],
      },
    };
  },
};

const OPENCODE: AgentProgram = {
  name: "opencode",
  isSlow: true,
  keepsPath: true,
  install: () => installAgent(`opencode-${PLATFORM}`, "1.18.33", "bin/opencode"),
  shell: (command) => ({ name: "bash", input: { command, description: "Work" } }),
  tool: (name, input) => ({ name: `sluice_${name}`, input }),
  refused: {
    call: { name: "webfetch", input: { url: "http://127.0.0.1:9/", format: "text" } },
    says: "unavailable tool 'webfetch'",
  },
  tellsDeadServer: false,
  setUp: (bench, program, url) => {
    const model = { tool_call: true, limit: { context: 200_000, output: 8_000 } };
    const cost = { input: 3, output: 15, cache_read: 0.3 };
    const provider = {
      npm: "@ai-sdk/openai-compatible",
      options: { baseURL: `${url}/v1`, apiKey: "dummy" },
      models: { one: { ...model, cost } },
    };
    const config = { model: "scripted/one", small_model: "scripted/one", provider: { scripted: provider } };
    bench.write(".config/opencode/opencode.json", JSON.stringify(config));
    return {
      // Its list of models comes from the network otherwise.
      env: { OPENCODE_DISABLE_MODELS_FETCH: "1" },
      spec: { kind: "opencode", program, passEnv: ["OPENCODE_DISABLE_MODELS_FETCH"] },
    };
  },
};

const GEMINI: AgentProgram = {
  name: "gemini",
  isSlow: true,
  keepsPath: true,
  install: () => installAgent("@google/gemini-cli", "0.61.0", "bundle/gemini.js"),
  shell: (command) => ({ name: "run_shell_command", input: { command, description: "Work" } }),
  tool: (name, input) => ({ name: `mcp_sluice_${name}`, input }),
  refused: {
    call: { name: "read_file", input: { file_path: "/etc/hostname" } },
    says: "outside the allowed workspace directories",
  },
  tellsDeadServer: false,
  setUp: (bench, program, url) => {
    const settings = {
      general: { enableAutoUpdate: false },
      privacy: { usageStatisticsEnabled: false },
      security: { auth: { selectedType: "gemini-api-key" } },
    };
    bench.write(".gemini/settings.json", JSON.stringify(settings));
    // It takes a tool server from nowhere but the person's settings.
    bench.atTerminal(`${SLUICE} setup gemini --user --yes`);
    return {
      env: { GEMINI_API_KEY: "dummy", GOOGLE_GEMINI_BASE_URL: url },
      // One that it knows, or it asks the model which to take.
      spec: { kind: "gemini", program, model: "gemini-2.5-flash" },
    };
  },
};

const GROK: AgentProgram = {
  name: "grok",
  isSlow: false,
  keepsPath: false,
  install: () => installPackedAgent(`@xai-official/grok-${PLATFORM}`, "1.0.41", "bin/grok.br"),
  shell: (command) => ({ name: "run_terminal_command", input: { command, description: "Work" } }),
  tool: (name, tool_input) => ({
    name: "use_tool",
    input: { tool_name: `sluice__${name}`, tool_input },
  }),
  refused: {
    call: { name: "web_fetch", input: { url: "http://127.0.0.1:9/" } },
    says: "Tool not found: web_fetch",
  },
  tellsDeadServer: false,
  setUp: (bench, program, url) => {
    bench.write(
      ".grok/config.toml",
      `[features]
remote_fetch = false
managed_config = false
[models]
default = "scripted"
[model.scripted]
model = "scripted-1"
base_url = "${url}/v1"
env_key = "XAI_API_KEY"
api_backend = "chat_completions"
context_window = 200000
`,
    );
    return {
      env: { XAI_API_KEY: "dummy" },
      spec: { kind: "grok", program },
    };
  },
};

export const AGENT_PROGRAMS = [
  CLAUDE_CODE,
  CODEX,
  OPENCODE,
  GEMINI,
  GROK,
] as const satisfies readonly AgentProgram[];
