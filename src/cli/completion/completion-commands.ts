import type { CliOptions } from "#cli/cli-options.ts";
import type { OutsideCommand } from "#cli/outside-command.ts";

/** `completion SHELL` and what its scripts ask while a person types. Both are part of the door: they know the registry. */
export function completionCommands(options: () => CliOptions): Readonly<Record<string, OutsideCommand>> {
  return {
    completion: {
      summary: "Print a completion script for a shell.",
      examples: [
        { command: "source <(sluice completion bash)", does: "Completes in this bash" },
        { command: "source <(sluice completion zsh)", does: "Completes in this zsh" },
        { command: "sluice completion fish | source", does: "Completes in this fish" },
      ],
      load: async () => (await import("./completion-bodies.ts")).completionBody(options()),
    },
    __complete: {
      summary: "List refs, one per line, for completion scripts.",
      examples: [],
      hidden: true,
      load: async () => (await import("./completion-bodies.ts")).refsBody(options()),
    },
  };
}
