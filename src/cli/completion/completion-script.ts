import type { CliOptions } from "#cli/cli-options.ts";
import { bashScript } from "./bash-script.ts";
import { completionModel } from "./completion-model.ts";
import { fishScript } from "./fish-script.ts";
import { zshScript } from "./zsh-script.ts";

export async function completionScript(options: CliOptions, shell: "bash" | "zsh" | "fish"): Promise<string> {
  const nodes = await completionModel(options);
  if (shell === "fish") return fishScript(nodes);
  return shell === "bash" ? bashScript(nodes) : zshScript(bashScript(nodes));
}
