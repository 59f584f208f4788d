import { join } from "node:path";
import type { RunnerSpec } from "#operations/ports/runner-spec.ts";
import type { WorkBench } from "#test/work-bench.ts";
import { installAgent } from "./install-agent.ts";

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
