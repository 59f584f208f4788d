/** The agent programs that Sluice can be set up in. */
export const AGENT_CLIENTS = ["claude-code", "codex", "cursor", "opencode", "gemini", "grok"] as const;
export type AgentClient = (typeof AGENT_CLIENTS)[number];

/** For everybody who works on the project, in its repository; or for one person, in their own folder. */
export type SetupScope = "project" | "user";

/** How the program is started: what the entry in a client's settings says. */
export interface ServerCommand {
  /** A name on PATH, or an absolute path. */
  readonly command: string;
  readonly args: readonly string[];
}

/** Where a client keeps its settings, relative to the project or to the person's folder. */
interface ClientFiles {
  readonly settings: string;
  /** What the client reads at every start; absent where it reads no such file. */
  readonly instructions?: string;
  /** Folder of skills, one folder each. */
  readonly skills: string;
}

interface ClientSetup extends Readonly<Record<SetupScope, ClientFiles>> {
  /** Program whose presence says that the client is in use. */
  readonly program: string;
  /** Variable that moves the client's own folder, and which folder that is. */
  readonly home?: { readonly variable: string; readonly stands: string };
  /** Name of the table of servers. */
  readonly under: string;
  readonly format: "json" | "toml";
  readonly entry: (server: ServerCommand) => Readonly<Record<string, unknown>>;
}

const plain = ({ command, args }: ServerCommand) => ({ command, args });

/** What each client's documentation says, and what its real program was seen to read. */
export const CLIENT_SETUPS = {
  "claude-code": {
    program: "claude",
    under: "mcpServers",
    format: "json",
    // Without alwaysLoad the model sees the names of the tools and has to ask for what they take.
    entry: (server) => ({ type: "stdio", ...plain(server), alwaysLoad: true }),
    project: { settings: ".mcp.json", instructions: "CLAUDE.md", skills: ".claude/skills" },
    user: { settings: ".claude.json", instructions: ".claude/CLAUDE.md", skills: ".claude/skills" },
  },
  codex: {
    program: "codex",
    home: { variable: "CODEX_HOME", stands: ".codex" },
    under: "mcp_servers",
    format: "toml",
    entry: plain,
    project: { settings: ".codex/config.toml", instructions: "AGENTS.md", skills: ".agents/skills" },
    user: { settings: ".codex/config.toml", instructions: ".codex/AGENTS.md", skills: ".agents/skills" },
  },
  cursor: {
    program: "cursor-agent",
    under: "mcpServers",
    format: "json",
    entry: plain,
    project: { settings: ".cursor/mcp.json", instructions: "AGENTS.md", skills: ".agents/skills" },
    user: { settings: ".cursor/mcp.json", skills: ".agents/skills" },
  },
  opencode: {
    program: "opencode",
    home: { variable: "XDG_CONFIG_HOME", stands: ".config" },
    under: "mcp",
    format: "json",
    entry: ({ command, args }) => ({ type: "local", command: [command, ...args], enabled: true }),
    project: { settings: "opencode.json", instructions: "AGENTS.md", skills: ".agents/skills" },
    user: {
      settings: ".config/opencode/opencode.json",
      instructions: ".config/opencode/AGENTS.md",
      skills: ".agents/skills",
    },
  },
  gemini: {
    program: "gemini",
    under: "mcpServers",
    format: "json",
    entry: plain,
    project: { settings: ".gemini/settings.json", instructions: "GEMINI.md", skills: ".agents/skills" },
    user: { settings: ".gemini/settings.json", instructions: ".gemini/GEMINI.md", skills: ".agents/skills" },
  },
  grok: {
    program: "grok",
    home: { variable: "GROK_HOME", stands: ".grok" },
    under: "mcp_servers",
    format: "toml",
    entry: plain,
    project: { settings: ".grok/config.toml", instructions: "AGENTS.md", skills: ".agents/skills" },
    user: { settings: ".grok/config.toml", instructions: ".grok/AGENTS.md", skills: ".agents/skills" },
  },
} as const satisfies Readonly<Record<AgentClient, ClientSetup>>;
