import { join } from "node:path";
import { z } from "zod";
import type { RunMcpServer, RunnerEvent, TerminalEvent } from "#operations/ports/launcher.ts";
import type { GrokRunnerSpec } from "#operations/ports/runner-spec.ts";
import {
  type LaunchPlan,
  faultOf,
  jsonLine,
  classifySilentExit,
  optional,
  type PlanInput,
  type RunnerAdapter,
  statusIn,
} from "./adapter.ts";
import { claudeCodeEvents } from "./claude-code.ts";

/** Its own ways to sign in. */
const AUTHENTICATION = ["GROK_HOME", "GROK_AUTH_PATH", "XAI_API_KEY"];

const QUIET = {
  GROK_DISABLE_AUTOUPDATER: "1",
  GROK_TELEMETRY_ENABLED: "0",
  GROK_TELEMETRY_TRACE_UPLOAD: "0",
  GROK_FEEDBACK_ENABLED: "0",
  // What it keeps of one run is not another's.
  GROK_MEMORY: "0",
} as const;

/** xAI's Grok, headless: `grok --prompt-file`, events as JSON lines. */
export const grokAdapter = (spec: GrokRunnerSpec): RunnerAdapter => ({
  name: "grok",
  program: spec.program ?? "grok",
  versionArgs: ["--version"],
  plan: (input) => plan(spec, input),
  parse: grokEvents,
  classifyExit: classifySilentExit("Grok"),
});

function plan(spec: GrokRunnerSpec, input: PlanInput): LaunchPlan {
  const agent = join(input.tempDir, "agent.md");
  return {
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
      ...optional("--model", spec.model),
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

const Failure = z.object({
  subtype: z.string(),
  num_turns: z.number().int().default(0),
  errors: z.array(z.string()).default([]),
});

/** Grok in the form of Claude Code's events; where a session fails, it says why in a list of its own. */
export function grokEvents(line: string): readonly RunnerEvent[] {
  return claudeCodeEvents(line)
    .filter(isOfTheRun)
    .map((event) => (event.type === "ended" ? endedEvent(event, line) : event));
}

/** The servers that it tells of are the operator's too: one of those may be dead. */
const isOfTheRun = ({ type }: RunnerEvent): boolean => type !== "broken";

/** The HTTP status in its sentence, `Unauthorized (401) from …`. */
const STATUS = /\((\d{3})\) from /;

/** Where nobody told a price it says 0. */
function endedEvent(event: TerminalEvent, line: string): TerminalEvent {
  const told = event.costUsd === 0 ? { ...event, costUsd: undefined } : event;
  const failure = Failure.safeParse(jsonLine(line));
  if (event.success || !failure.success) return told;
  const { subtype, num_turns, errors } = failure.data;
  const message = errors.length === 0 ? event.message : errors.join("\n");
  // A limit that was set is the session's; all else broke off.
  if (subtype !== "error_during_execution") return { ...told, message, fault: "session" };
  const fault = faultOf({ status: statusIn(message, STATUS), hasAnswered: num_turns > 0 });
  return { ...told, message, fault };
}
