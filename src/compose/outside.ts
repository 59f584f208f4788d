import type { OutsideCommand } from "#doors/cli/outside-command.ts";

/** Commands that are no operation, and why: `init` and `trust` work before a workspace is open, `work` prints a stream. */
export const OUTSIDE: Readonly<Record<string, OutsideCommand>> = {
  init: {
    summary: "Make a workspace beside the code, for this user, or in PostgreSQL",
    examples: [
      { command: "sluice init", does: "Makes .sluice/workspace.db in this repository" },
      { command: "sluice init --prefix WEB", does: "Items are WEB-1, WEB-2, …" },
      { command: "sluice init --global", does: "Makes the workspace that is used outside of any repository" },
      {
        command: "sluice init -w 'postgres://user@host/database?schema=team'",
        does: "Makes one that a team shares",
      },
    ],
    load: async () => (await import("./init-command.ts")).initCommand,
  },
  trust: {
    summary: "Use the workspace in this folder although it was not made by you",
    description:
      "A .sluice folder that came with a clone is ignored until then: what stands in it would act in your name.",
    examples: [{ command: "sluice trust", does: "Trusts the workspace of this repository" }],
    load: async () => (await import("./trust-command.ts")).trustCommand,
  },
  copy: {
    summary: "Carry a whole workspace to another file or database",
    description:
      "The source may stay in use: the copy holds it as of one moment. Counts and digests of every table are compared at the end. Started again after a stop, it goes on.",
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
    load: async () => (await import("./copy-command.ts")).copyCommand,
  },
  work: {
    summary: "Drain the agents' lane: claim, run, check, land, one JSON event per line",
    description:
      "SIGTERM or Ctrl-C lets what runs end and takes nothing new; a second one stops the runs and gives their items back.",
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
    load: async () => (await import("./work-command.ts")).workCommand,
  },
};
