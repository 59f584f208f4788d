import type { RunnerSpec } from "#operations/ports/launcher.ts";
import type { RunnerAdapter } from "./adapter.ts";
import { claudeCodeAdapter } from "./claude-code.ts";
import { codexAdapter } from "./codex.ts";
import { commandAdapter } from "./command.ts";
import { geminiAdapter } from "./gemini.ts";
import { grokAdapter } from "./grok.ts";
import { openCodeAdapter } from "./opencode.ts";

/** The adapter for a runner's settings. A new agent CLI is one file beside these, one spec in the port and one line here. */
export function adapterFor(spec: RunnerSpec): RunnerAdapter {
  switch (spec.kind) {
    case "command":
      return commandAdapter(spec);
    case "claude-code":
      return claudeCodeAdapter(spec);
    case "codex":
      return codexAdapter(spec);
    case "opencode":
      return openCodeAdapter(spec);
    case "gemini":
      return geminiAdapter(spec);
    case "grok":
      return grokAdapter(spec);
  }
}
