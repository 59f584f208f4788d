import type { CommandTable } from "#cli/command-form.ts";
import { bashScript } from "./bash-script.ts";
import { completionModel } from "./completion-model.ts";
import { fishScript } from "./fish-script.ts";
import { zshScript } from "./zsh-script.ts";

export function completionScript(table: CommandTable, shell: "bash" | "zsh" | "fish"): string {
  const nodes = completionModel(table);
  if (shell === "fish") return fishScript(nodes);
  return shell === "bash" ? bashScript(nodes) : zshScript(bashScript(nodes));
}
