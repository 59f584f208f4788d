import { z } from "zod";
import type { CliOptions } from "#cli/cli-options.ts";
import { defineCommandBody, type CommandBody } from "#cli/outside-command.ts";

/** `completion SHELL` prints a script. */
export function completionBody(options: CliOptions): CommandBody {
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

/** `__complete KIND` prints refs, one per line. */
export function refsBody(options: CliOptions): CommandBody {
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
