import { join } from "node:path";
import type { RunnerSpec } from "#operations/ports/runner-spec.ts";
import type { WorkBench } from "#test/work-bench.ts";
import { installAgent, installPackedAgent } from "./install-agent.ts";

/** A real agent program, and how it is led to the scripted model. */
export interface AgentProgram {
  /** Name of its runner, and what `SLUICE_SKIP_AGENTS` calls it. */
  readonly name: string;
  /** Gives its path; installs it where the machine has not got it yet. */
  readonly install: () => string;
  /** The name of its shell tool, and that tool's input. */
  readonly shell: (command: string) => {
    readonly name: string;
    readonly input: Readonly<Record<string, unknown>>;
  };
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

export const CODEX: AgentProgram = {
  name: "codex",
  isSlow: false,
  install: () =>
    installAgent("@openai/codex", `0.169.0-${PLATFORM}`, `vendor/${TARGETS[PLATFORM] ?? PLATFORM}/bin/codex`),
  shell: (cmd) => ({ name: "exec_command", input: { cmd } }),
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

export const OPENCODE: AgentProgram = {
  name: "opencode",
  isSlow: true,
  install: () => installAgent(`opencode-${PLATFORM}`, "1.18.33", "bin/opencode"),
  shell: (command) => ({ name: "bash", input: { command, description: "Work" } }),
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

export const GEMINI: AgentProgram = {
  name: "gemini",
  isSlow: true,
  install: () => installAgent("@google/gemini-cli", "0.61.0", "bundle/gemini.js"),
  shell: (command) => ({ name: "run_shell_command", input: { command, description: "Work" } }),
  setUp: (bench, program, url) => {
    const settings = {
      general: { enableAutoUpdate: false },
      privacy: { usageStatisticsEnabled: false },
      security: { auth: { selectedType: "gemini-api-key" } },
    };
    bench.write(".gemini/settings.json", JSON.stringify(settings));
    return {
      env: { GEMINI_API_KEY: "dummy", GOOGLE_GEMINI_BASE_URL: url },
      // One that it knows, or it asks the model which to take.
      spec: { kind: "gemini", program, model: "gemini-2.5-flash" },
    };
  },
};

export const GROK: AgentProgram = {
  name: "grok",
  isSlow: false,
  install: () => installPackedAgent(`@xai-official/grok-${PLATFORM}`, "1.0.41", "bin/grok.br"),
  shell: (command) => ({ name: "run_terminal_command", input: { command, description: "Work" } }),
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
