import { join } from "node:path";
import type { RunMcpServer } from "#operations/ports/launcher.ts";
import type { GrokRunnerSpec } from "#operations/ports/runner-spec.ts";
import type { LaunchPlan, PlanInput, RunnerAdapter } from "./adapter.ts";
import { grokEvents } from "./grok-events.ts";
import { judgeSilentExit } from "./judge-silent-exit.ts";

/** Its own ways to sign in. */
const AUTHENTICATION = ["GROK_HOME", "GROK_AUTH_PATH", "XAI_API_KEY"];

const QUIET = {
  GROK_DISABLE_AUTOUPDATER: "1",
  GROK_TELEMETRY_ENABLED: "0",
  GROK_TELEMETRY_TRACE_UPLOAD: "0",
  GROK_FEEDBACK_ENABLED: "0",
  // What it remembers of one run is not another's.
  GROK_MEMORY: "0",
} as const;

/** xAI's Grok, headless: `grok --prompt-file`, events as JSON lines. */
export function grokAdapter(spec: GrokRunnerSpec): RunnerAdapter {
  const program = spec.program ?? "grok";
  return {
    name: "grok",
    program,
    versionArgs: ["--version"],
    plan: (input) => plan(program, spec, input),
    parse: grokEvents,
    judge: judgeSilentExit("Grok"),
  };
}

function plan(program: string, spec: GrokRunnerSpec, input: PlanInput): LaunchPlan {
  const agent = join(input.tempDir, "agent.md");
  return {
    program,
    args: [
      "--prompt-file",
      input.briefFile,
      "--verbatim",
      "--output-format",
      "streaming-messages-json",
      // The first tool that it would ask for ends the turn otherwise.
      "--always-approve",
      "--disable-web-search",
      ...(input.mcp === undefined ? [] : ["--agent", agent]),
      ...(spec.model === undefined ? [] : ["--model", spec.model]),
    ],
    env: QUIET,
    inherit: AUTHENTICATION,
    files: input.mcp === undefined ? {} : { [agent]: agentOf(input.mcp) },
    stdin: "nothing",
  };
}

/** Its own agent and one server more: the only way to give it one for a single run. JSON is YAML too. */
function agentOf({ name, program: command, args, env }: RunMcpServer): string {
  const facts = {
    name: "run",
    description: "Works on one item",
    promptMode: "extend",
    mcpServers: [{ [name]: { command, args, env } }],
  };
  const lines = Object.entries(facts).map(([field, value]) => `${field}: ${JSON.stringify(value)}`);
  return `---\n${lines.join("\n")}\n---\n`;
}
