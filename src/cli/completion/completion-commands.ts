import { z } from "zod";
import type { CommandTable } from "#cli/command-form.ts";
import { defineCommandBody, type OutsideCommand } from "#cli/outside-command.ts";
import { bashScript } from "./bash-script.ts";
import { completionModel } from "./completion-model.ts";
import { fishScript } from "./fish-script.ts";

const Refs = z.array(z.object({ ref: z.string().default("") }));

/** The operation that lists each kind, and its rows. */
const LISTS = {
  item: ["item.list", z.object({ items: Refs }).transform(({ items }) => items)],
  candidate: ["gate.list", z.object({ candidates: Refs }).transform(({ candidates }) => candidates)],
  run: ["run.list", z.object({ runs: Refs }).transform(({ runs }) => runs)],
} as const;

/** Only refs: a title is another's text, and a shell splits what it is given here. */
const REF = /^[A-Z][A-Z0-9]*-[0-9]+$/;

/** `completion SHELL` and what its scripts ask while a person types. */
export function completionCommands(): Readonly<Record<string, OutsideCommand>> {
  return {
    completion: {
      summary: "Print a completion script for a shell.",
      examples: [
        { command: "source <(sluice completion bash)", does: "Completes in this bash" },
        { command: "source <(sluice completion zsh)", does: "Completes in this zsh" },
        { command: "sluice completion fish | source", does: "Completes in this fish" },
      ],
      load: () => Promise.resolve(scriptBody),
    },
    __complete: {
      summary: "List refs, one per line, for completion scripts.",
      examples: [],
      hidden: true,
      load: () => Promise.resolve(refsBody),
    },
  };
}

const scriptBody = defineCommandBody({
  input: z.object({ shell: z.enum(["bash", "zsh", "fish"]).describe("Which shell") }),
  positional: ["shell"],
  run: async ({ surroundings, table }, { shell }) => {
    const { completionScript } = await import("./completion-commands.ts");
    await surroundings.stdout.write(completionScript(table, shell));
    return 0;
  },
});

/** Prints the refs of a workspace's newest items, candidates or runs. None where nothing lists them. */
const refsBody = defineCommandBody({
  input: z.object({ kind: z.enum(["item", "candidate", "run"]) }),
  positional: ["kind"],
  run: async ({ surroundings, ask }, { kind }) => {
    const [operation, rows] = LISTS[kind];
    const answer = await ask(operation, {});
    const refs = answer === undefined ? [] : rows.parse(answer).map(({ ref }) => ref);
    const safe = refs.filter((ref) => REF.test(ref));
    await surroundings.stdout.write(safe.map((ref) => `${ref}\n`).join(""));
    return 0;
  },
});

export function completionScript(table: CommandTable, shell: "bash" | "zsh" | "fish"): string {
  const nodes = completionModel(table);
  if (shell === "fish") return fishScript(nodes);
  return shell === "bash" ? bashScript(nodes) : zshScript(bashScript(nodes));
}

/** zsh runs the bash function through its own emulation, so that there is one set of rules. */
function zshScript(bash: string): string {
  return `#compdef sluice
# Completion of sluice for zsh. Load it with: source <(sluice completion zsh)
autoload -U +X compinit && compinit
autoload -U +X bashcompinit && bashcompinit
${bash}`;
}
