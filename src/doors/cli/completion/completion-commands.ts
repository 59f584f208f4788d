import { z } from "zod";
import type { CliOptions } from "#doors/cli/cli-options.ts";
import { defineCommandBody, type CommandBody, type OutsideCommand } from "#doors/cli/outside-command.ts";

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
      load: () => Promise.resolve(completionBody(options())),
    },
    __complete: {
      summary: "List refs, one per line, for completion scripts.",
      examples: [],
      hidden: true,
      load: () => Promise.resolve(refsBody(options())),
    },
  };
}

function completionBody(options: CliOptions): CommandBody {
  return defineCommandBody({
    input: z.object({ shell: z.enum(["bash", "zsh", "fish"]).describe("Which shell") }),
    positional: ["shell"],
    run: async ({ surroundings }, { shell }) => {
      const { completionScript } = await import("./completion-script.ts");
      await surroundings.stdout.write(await completionScript(options, shell));
      return 0;
    },
  });
}

function refsBody(options: CliOptions): CommandBody {
  return defineCommandBody({
    input: z.object({ kind: z.enum(["item", "candidate", "run"]) }),
    positional: ["kind"],
    run: async ({ surroundings, open }, { kind }) => {
      const { refsOf } = await import("./refs-of.ts");
      const refs = await refsOf(options, open, kind);
      await surroundings.stdout.write(refs.map((ref) => `${ref}\n`).join(""));
      return 0;
    },
  });
}
