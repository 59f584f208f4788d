import type { OutsideCommand } from "#cli/outside-command.ts";

/**
 * Commands that are not operations, and why: `init` and `trust` work before a workspace is open, `copy`, `backup` and `restore` are about
 * places and files of this machine, `setup` edits other programs' files, `work` prints a stream, `mcp` and `serve` speak protocols.
 */
export const OUTSIDE: Readonly<Record<string, OutsideCommand>> = {
  init: {
    summary: "Make a workspace: beside the code, for you, or in PostgreSQL.",
    description:
      "At a terminal it is strict: what only a person may do then needs a person at a terminal or with a token. In a script it is open, until the first setup or work.",
    examples: [
      { command: "sluice init", does: "Makes .sluice/workspace.db in this repository" },
      { command: "sluice init --prefix WEB", does: "Items are WEB-1, WEB-2, …" },
      { command: "sluice init --global", does: "Makes the workspace that is used outside of any repository" },
      {
        command: "sluice init -w 'postgres://user@host/database?schema=team'",
        does: "Makes one that a team shares",
      },
    ],
    load: async () => (await import("#compose/workspace/init-command.ts")).initCommand,
  },
  trust: {
    summary: "Accept a workspace that came with a clone, or a repository's changed settings.",
    description:
      "A .sluice folder that came with a clone is ignored until then, because its settings run commands as you. When settings or hooks of a registered repository change that could run a program or contact another server, no result lands; this shows the changes and accepts them.",
    examples: [
      { command: "sluice trust", does: "Trusts the workspace and the settings of this repository" },
      { command: "sluice trust ~/src/app --dry-run", does: "Shows what changed in its settings" },
    ],
    load: async () => (await import("#compose/workspace/trust-command.ts")).trustCommand,
  },
  copy: {
    summary: "Copy a whole workspace into another file or database.",
    description:
      "The source may stay in use: the copy shows one moment of it. Counts and digests of every table are compared at the end. Started again after a stop, it continues.",
    examples: [
      {
        command: "sluice copy .sluice/workspace.db 'postgres://user@host/database?schema=team'",
        does: "Moves a backlog to a team's server",
      },
      {
        command: "sluice copy 'postgres://user@host/database?schema=team' local.db",
        does: "Takes a backlog home",
      },
    ],
    load: async () => (await import("#compose/workspace/copy-commands.ts")).copyCommand,
  },
  backup: {
    summary: "Write a verified copy of the workspace while it is in use.",
    description:
      "Writes one SQLite file, from either database, opens it, checks it and compares its history with the workspace's. In a folder the file's name is the time.",
    examples: [
      { command: "sluice backup ~/backups/ --keep 14", does: "Keeps the last fourteen of this workspace" },
      { command: "sluice backup before-migration.db", does: "Writes one file, which must not exist" },
    ],
    load: async () => (await import("#compose/workspace/copy-commands.ts")).backupCommand,
  },
  restore: {
    summary: "Make a new workspace from a backup.",
    description:
      "Never writes over a workspace. Leases and runs of the backup end as interrupted, and new items, runs and candidates leave a gap of 100 numbers, because others may have been made after the backup.",
    examples: [
      {
        command: "sluice restore ~/backups/OB-20260301T020000000Z.db --to restored.db",
        does: "Makes a workspace in a new file",
      },
      {
        command: "sluice restore backup.db --to 'postgres://user@host/database?schema=restored'",
        does: "Makes one on a server",
      },
    ],
    load: async () => (await import("#compose/workspace/copy-commands.ts")).restoreCommand,
  },
  mcp: {
    summary: "Serve one agent over the Model Context Protocol.",
    description:
      "Agent programs start it. It finds the workspace and the project around the folder the agent works in, acts as ai:mcp unless --as names another, and ends when its input ends.",
    examples: [
      { command: "sluice mcp --as ai:claude-code", does: "Offers the tools of the loop" },
      { command: "sluice mcp --toolset all", does: "Offers every operation" },
    ],
    load: async () => (await import("#compose/mcp/mcp-command.ts")).mcpCommand,
  },
  serve: {
    summary: "Serve the workspace over HTTP, to programs and to agents.",
    description:
      "By default only to programs on this machine, which without a token act as agents. On any other address each request needs a token. At SIGTERM or Ctrl-C the requests in progress are answered first.",
    examples: [
      { command: "sluice serve", does: "Serves http://127.0.0.1:7350, described at /api/v1/docs" },
      {
        command: "sluice serve --host 0.0.0.0 --tls-cert cert.pem --tls-key key.pem",
        does: "Serves a team over https",
      },
    ],
    load: async () => (await import("#compose/serve/serve-command.ts")).serveCommand,
  },
  setup: {
    summary: "Tell agent programs about Sluice, and give them its skills.",
    description:
      "Shows each change first. Run again, it updates what it wrote, and changes nothing that others wrote. By default in this repository, for everybody who works on it.",
    examples: [
      { command: "sluice setup claude-code", does: "Sets up Claude Code in this repository" },
      { command: "sluice setup all --user --dry-run", does: "Shows what it would do in your own settings" },
      { command: "sluice setup codex --remove", does: "Removes it again" },
    ],
    load: async () => (await import("#compose/setup/setup-command.ts")).setupCommand,
  },
  sweep: {
    summary: "Decide what waits for you: one entry a screen, one key for each.",
    description:
      "Candidates at the gate, questions, results in review, the triage lane, or a lane. Two people never get the same entry. A sweep that was ended can be continued, and the log records its result.",
    examples: [
      { command: "sluice sweep", does: "Goes through all that waits for you" },
      { command: "sluice sweep gate", does: "Goes through the candidates" },
    ],
    load: async () => (await import("#cli/sweep/sweep-command.ts")).sweepCommand,
  },
  work: {
    summary: "Let agents work: claim, run, check and land, item after item.",
    description:
      "At SIGTERM or Ctrl-C the runs in progress finish and no new one starts; at a second one they are stopped and their items released.",
    examples: [
      {
        command: "sluice work --runner claude-code --slots 2",
        does: "Works with two Claude Code runs at a time until stopped",
      },
      {
        command: "sluice work --runner 'fixer=./fix.sh --fast' --until-empty",
        does: "Works with any program, and ends when nothing is left",
      },
    ],
    load: async () => (await import("#compose/drain/work-command.ts")).workCommand,
  },
};
