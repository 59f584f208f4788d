import { join } from "node:path";
import type { RunMcpServer } from "#operations/ports/launcher.ts";
import type { OpenCodeRunnerSpec } from "#operations/ports/runner-spec.ts";
import type { LaunchPlan, PlanInput, RunnerAdapter } from "./adapter.ts";
import { judgeSilentExit } from "./judge-silent-exit.ts";
import { openCodeEvents } from "./opencode-events.ts";

/** Keys of the providers that it speaks with, and its own service's. */
const AUTHENTICATION = [
  "OPENCODE_API_KEY",
  "OPENCODE_AUTH_CONTENT",
  "ANTHROPIC_API_KEY",
  "OPENAI_API_KEY",
  "OPENROUTER_API_KEY",
  "GEMINI_API_KEY",
  "GOOGLE_GENERATIVE_AI_API_KEY",
  "XAI_API_KEY",
];

const QUIET = {
  OPENCODE_DISABLE_AUTOUPDATE: "1",
  OPENCODE_DISABLE_SHARE: "1",
  OPENCODE_DISABLE_DEFAULT_PLUGINS: "1",
  OPENCODE_DISABLE_LSP_DOWNLOAD: "1",
  // Files of another program, which may be the operator's own.
  OPENCODE_DISABLE_CLAUDE_CODE: "1",
} as const;

/** A permission that would be asked for ends the run: each is allowed, or refused to the model. */
const PERMISSION = {
  edit: "allow",
  bash: "allow",
  external_directory: "allow",
  doom_loop: "deny",
  question: "deny",
  webfetch: "deny",
  websearch: "deny",
} as const;

/** It waits for its tool servers to start so long, in milliseconds; a cold start of ours takes well under one second. */
const MCP_START_TIMEOUT_MS = 15_000;

/** OpenCode, headless: `opencode run`, the brief on stdin, events as JSON lines. */
export function openCodeAdapter(spec: OpenCodeRunnerSpec): RunnerAdapter {
  const program = spec.program ?? "opencode";
  return {
    name: "opencode",
    program,
    versionArgs: ["--version"],
    plan: (input) => plan(program, spec, input),
    parse: openCodeEvents(),
    judge: judgeSilentExit("OpenCode"),
  };
}

function plan(program: string, spec: OpenCodeRunnerSpec, input: PlanInput): LaunchPlan {
  const config = join(input.tempDir, "opencode.json");
  return {
    program,
    args: ["run", "--format", "json", ...(spec.model === undefined ? [] : ["--model", spec.model])],
    // Read after the operator's own and before the repository's.
    env: { ...QUIET, OPENCODE_CONFIG: config },
    inherit: AUTHENTICATION,
    files: { [config]: JSON.stringify(configOf(input.mcp)) },
    stdin: "brief",
  };
}

function configOf(mcp: RunMcpServer | undefined): object {
  const run = { autoupdate: false, share: "disabled", snapshot: false, permission: PERMISSION };
  if (mcp === undefined) return run;
  const server = {
    type: "local",
    command: [mcp.program, ...mcp.args],
    environment: mcp.env,
    enabled: true,
    timeout: MCP_START_TIMEOUT_MS,
  };
  return { ...run, mcp: { [mcp.name]: server } };
}
