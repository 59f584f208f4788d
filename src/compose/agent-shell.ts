import { basename } from "node:path";

type Env = Readonly<Record<string, string | undefined>>;

/** A variable that an agent program sets in the shells it starts. */
interface AgentMark {
  readonly variable: string;
  /** Only with this value; absent = with any but the empty one. */
  readonly value?: string;
  /** The actor that it stands for. */
  readonly agent: string;
  /** Where that is said. */
  readonly source: string;
}

/** What each program was seen or is documented to set. Those that name a program stand before those that several set. */
const MARKS: readonly AgentMark[] = [
  { variable: "CLAUDECODE", agent: "claude-code", source: "code.claude.com/docs/en/env-vars" },
  { variable: "CLAUDE_CODE_ENTRYPOINT", agent: "claude-code", source: "anthropics/claude-code#24838" },
  { variable: "CODEX_SANDBOX", agent: "codex", source: "openai/codex codex-rs/core/src/spawn.rs" },
  {
    variable: "CODEX_SANDBOX_NETWORK_DISABLED",
    agent: "codex",
    source: "openai/codex codex-rs/core/src/spawn.rs",
  },
  { variable: "CODEX_THREAD_ID", agent: "codex", source: "openai/codex codex-rs/core/src/exec_env.rs" },
  { variable: "CODEX_CI", agent: "codex", source: "openai/codex codex-rs/core/src/unified_exec" },
  { variable: "OPENCODE", agent: "opencode", source: "sst/opencode packages/opencode/src/index.ts" },
  { variable: "GEMINI_CLI", agent: "gemini", source: "google-gemini.github.io/gemini-cli/docs/tools/shell" },
  // A person may name an agent's definition in it; its shells get this value.
  { variable: "GROK_AGENT", value: "1", agent: "grok", source: "its program: apply_grok_agent_marker" },
  { variable: "CURSOR_AGENT", agent: "cursor", source: "cursor.com/docs/agent/tools/terminal" },
  { variable: "GOOSE_TERMINAL", agent: "goose", source: "aaif-goose/goose#3827" },
  { variable: "QWEN_CODE", agent: "qwen-code", source: "QwenLM/qwen-code docs: the shell tool" },
  { variable: "CRUSH", agent: "crush", source: "charmbracelet/crush internal/shell: CrushEnvMarkers" },
  { variable: "CLINE_ACTIVE", agent: "cline", source: "cline/cline src: the terminal's registry" },
  { variable: "AUGMENT_AGENT", agent: "auggie", source: "docs.augmentcode.com/cli/reference" },
  { variable: "PI_CODING_AGENT", agent: "pi", source: "earendil-works/pi#2867" },
  { variable: "AI_AGENT", agent: "agent", source: "anthropics/claude-code#53071; CrushEnvMarkers" },
  { variable: "AGENT", agent: "agent", source: "aaif-goose/goose#7017, where Amp does so too" },
];

/** Names under which agent programs run, of which no other program of the kind is known. */
const PROGRAMS: Readonly<Record<string, string>> = {
  claude: "claude-code",
  codex: "codex",
  opencode: "opencode",
  gemini: "gemini",
  grok: "grok",
  "cursor-agent": "cursor",
  goose: "goose",
  qwen: "qwen-code",
  crush: "crush",
  auggie: "auggie",
};

/** Programs whose first word is the script that they run. */
const INTERPRETERS = /^(?:node|bun|deno|python[\d.]*|sh|bash|dash|zsh)$/;

/** Name of the agent program whose shell this is; `run` inside a run of ours; undefined for a person's own shell. */
export function agentShell(env: Env): string | undefined {
  const mark = MARKS.find(({ variable, value }) => {
    const has = env[variable] ?? "";
    return value === undefined ? has !== "" : has === value;
  });
  if (mark !== undefined) return mark.agent;
  return (env["SLUICE_RUN"] ?? "") === "" && (env["SLUICE_RUN_TOKEN"] ?? "") === "" ? undefined : "run";
}

/** Name of the agent program that a command line starts; undefined of any other. */
export function agentProgram([program = "", ...words]: readonly string[]): string | undefined {
  const name = basename(program);
  const script = INTERPRETERS.test(name) ? words.find((word) => !word.startsWith("--")) : program;
  const own = basename(script ?? "");
  return Object.hasOwn(PROGRAMS, own) ? PROGRAMS[own] : undefined;
}
