import type { CommandTable } from "#cli/command-form.ts";
import { bashScript } from "./bash-script.ts";
import { completionModel } from "./completion-model.ts";
import { fishScript } from "./fish-script.ts";

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
