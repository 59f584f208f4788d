type Env = Readonly<Record<string, string | undefined>>;

/** Variables that the known agent programs set in the shells they start, and the actor each stands for. */
const MARKS = [
  ["CLAUDECODE", "claude-code"],
  ["CLAUDE_CODE_ENTRYPOINT", "claude-code"],
  ["CODEX_SANDBOX", "codex"],
  ["CODEX_SANDBOX_NETWORK_DISABLED", "codex"],
  ["CODEX_THREAD_ID", "codex"],
  ["OPENCODE", "opencode"],
  ["OPENCODE_SESSION", "opencode"],
  ["GEMINI_CLI", "gemini"],
  ["GROK_AGENT", "grok"],
] as const;

/** Name of the agent program whose shell this is; `run` inside a run of ours; undefined for a person's own shell. */
export function agentShell(env: Env): string | undefined {
  const mark = MARKS.find(([variable]) => (env[variable] ?? "") !== "");
  if (mark !== undefined) return mark[1];
  return (env["SLUICE_RUN"] ?? "") === "" && (env["SLUICE_RUN_TOKEN"] ?? "") === "" ? undefined : "run";
}
