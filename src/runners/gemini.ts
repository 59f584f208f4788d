import type { GeminiRunnerSpec } from "#operations/ports/runner-spec.ts";
import type { LaunchPlan, RunnerAdapter } from "./adapter.ts";
import { geminiEvents } from "./gemini-events.ts";
import { judgeSilentExit } from "./judge-silent-exit.ts";

/** Its own ways to sign in, and the addresses that go with them. */
const AUTHENTICATION = ["GEMINI_API_KEY", "GOOGLE_*"];

/** Gemini CLI, headless: the brief on stdin, events as JSON lines. */
export function geminiAdapter(spec: GeminiRunnerSpec): RunnerAdapter {
  const program = spec.program ?? "gemini";
  return {
    name: "gemini",
    program,
    versionArgs: ["--version"],
    plan: () => plan(program, spec),
    parse: geminiEvents(),
    judge: judgeSilentExit("Gemini CLI"),
  };
}

function plan(program: string, spec: GeminiRunnerSpec): LaunchPlan {
  return {
    program,
    args: [
      "--output-format",
      "stream-json",
      // In any other mode it does not even offer the tools that it would ask for.
      "--approval-mode",
      "yolo",
      ...(spec.model === undefined ? [] : ["--model", spec.model]),
    ],
    env: {
      // It starts itself a second time otherwise, and keeps signals from the one that works.
      GEMINI_CLI_NO_RELAUNCH: "true",
      GEMINI_CLI_TRUST_WORKSPACE: "true",
      GEMINI_TELEMETRY_ENABLED: "false",
    },
    inherit: AUTHENTICATION,
    files: {},
    stdin: "brief",
  };
}
