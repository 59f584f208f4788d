/** zsh runs the bash function through its own emulation, so that there is one set of rules. */
export function zshScript(bash: string): string {
  return `#compdef sluice
# Completion of sluice for zsh. Load it with: source <(sluice completion zsh)
autoload -U +X compinit && compinit
autoload -U +X bashcompinit && bashcompinit
${bash}`;
}
