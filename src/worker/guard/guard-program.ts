import { facts, type GuardText } from "./guard-hook.ts";
import { guardSettings } from "./guard-settings.ts";
import { shellQuote } from "#domain/text/shell-quote.ts";

/**
 * A program `git` for what git asks no hook about: it drops a stash by rewriting that one's log, and makes and forgets worktrees by
 * itself. Everything else is git, with the guard's settings as the last: some agent programs give their shell others for hooks.
 * @param git path of the real program
 * @param config path of the guard's file of settings
 */
export function guardProgram(text: GuardText, git: string, config: string): string {
  const repos = text.places.map(({ commonDir }) => commonDir);
  // Unlike after `-c`, the name may hold an equals sign.
  const settings = guardSettings(config, repos).map(([name]) =>
    shellQuote(`--config-env=${name}=SLUICE_GUARD`),
  );
  return [
    "#!/bin/sh",
    `git=${shellQuote(git)}`,
    `export SLUICE_GUARD=${shellQuote(config)}`,
    `run_git() { exec "$git" ${settings.join(" ")} "$@"; }`,
    HEAD,
    ...facts(text),
    BODY,
  ].join("\n");
}

/** Finds the command, the word after it and how many words stand before; most calls end here. */
const HEAD = `
command= next= before=0 value=
for word in "$@"; do
  if [ -n "$command" ]; then next=$word; break; fi
  if [ -n "$value" ]; then value=; before=$((before + 1)); continue; fi
  case $word in
    -C | -c | --git-dir | --work-tree | --namespace | --super-prefix | --config-env | --attr-source) value=1 ;;
    -*) ;;
    *) command=$word; continue ;;
  esac
  before=$((before + 1))
done
case $command:$next in
  stash:list | stash:show | stash:create | stash:apply | worktree:list | *:-h | *:--help) run_git "$@" ;;
  stash:* | worktree:* | reflog:expire | reflog:delete) ;;
  *) run_git "$@" ;;
esac`;

const BODY = `
shared() {
  count=0
  for word in "$@"; do
    [ $count = 0 ] && set --
    [ $count = $before ] && break
    set -- "$@" "$word"
    count=$((count + 1))
  done
  "$git" "$@" rev-parse --path-format=absolute --git-common-dir 2>/dev/null
}
place '' "$(shared "$@")"
[ -n "$alias" ] || run_git "$@"
note - - "git $command"
case $command in
  worktree) hint="Work in the worktree you have" ;;
  reflog) hint="Leave them as they are" ;;
  *) hint="Commit instead, and take that back with git reset --soft HEAD~1" ;;
esac
echo "Sluice: $run may not change the $command here, which everybody shares. $hint." >&2
exit 1
`;
