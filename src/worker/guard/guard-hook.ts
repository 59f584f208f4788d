import { shellQuote } from "#domain/text/shell-quote.ts";

/** One of a run's repositories, as its guard knows it. */
export interface GuardedPlace {
  /** The repo's alias, by which refusals name it. */
  readonly alias: string;
  readonly commonDir: string;
  /** The git directory of the run's worktree; undefined where that is none of its own. */
  readonly gitDir: string | undefined;
  /** Short name of the run's branch. */
  readonly branch: string;
  /** The repository's own hooks: absolute, or from the worktree's top. */
  readonly hooks: string;
}

export interface GuardText {
  /** `R-31` */
  readonly run: string;
  readonly places: readonly GuardedPlace[];
  /** Folder of the guard's hooks. */
  readonly hooks: string;
  /** File that refusals are added to, a line each: alias, old and new object, ref or command, between tabs. */
  readonly refusals: string;
}

/**
 * One text for every hook of a run: `reference-transaction` refuses what is not the run's own, `pre-push` every push; all else, and
 * all in other repositories, is handed on to the repository's own hook.
 */
export function guardHook(text: GuardText): string {
  return [
    "#!/bin/sh",
    `# The guard of ${text.run}: see docs/decisions/0015 of Sluice.`,
    ...facts(text),
    BODY,
  ].join("\n");
}

/** Variables and the function `place`, which finds the run's repository by a git directory and a common directory. */
export function facts({ run, places, hooks, refusals }: GuardText): readonly string[] {
  const set = ({ alias, branch, commonDir }: GuardedPlace) =>
    `alias=${shellQuote(alias)} branch=${shellQuote(`refs/heads/${branch}`)} common=${shellQuote(commonDir)}`;
  return [
    `run=${shellQuote(run)} self=${shellQuote(hooks)} refusals=${shellQuote(refusals)}`,
    "alias= branch= common= hooks= own=",
    "place() {",
    "  case $1 in",
    ...places.flatMap((one) =>
      one.gitDir === undefined
        ? []
        : [`    ${shellQuote(one.gitDir)}) ${set(one)} hooks=${shellQuote(one.hooks)} own=1; return ;;`],
    ),
    "  esac",
    "  case $2 in",
    ...places.map((one) => `    ${shellQuote(one.commonDir)}) ${set(one)} ;;`),
    "  esac",
    "}",
    'note() { { printf "%s\\t%s\\t%s\\t%s\\n" "$alias" "$1" "$2" "$3" >> "$refusals"; } 2>/dev/null || :; }',
  ];
}

/** Plain `sh`, and in the run's own worktree without starting a program: git calls it thrice for one commit. */
const BODY = `
place "\${GIT_DIR-}" ''
if [ -z "$own" ]; then
  found=$(GIT_CONFIG_COUNT=0 GIT_CONFIG_PARAMETERS= git rev-parse --path-format=absolute --git-dir --git-common-dir --git-path hooks)
  { read -r dir; read -r shared; read -r hooks; } <<EOF
$found
EOF
  place "$dir" "$shared"
fi
name=\${0##*/}

# An agent program that turns hooks off in its shell, or names others, has its way with all but the guard.
n=0
while [ "$n" -lt "\${GIT_CONFIG_COUNT:-0}" ]; do
  eval "key=\\\${GIT_CONFIG_KEY_$n-} value=\\\${GIT_CONFIG_VALUE_$n-}"
  case $key in core.hooks[Pp]ath) hooks=$value ;; esac
  n=$((n + 1))
done

# Nothing moves: the ref is so already, or it only goes from a file of its own into the packed ones.
stays() {
  now=$(git rev-parse --verify --quiet "$ref")
  case $new in
    *[!0]*) [ "$now" = "$new" ] ;;
    *) [ -z "$now" ] || { [ ! -e "$common/packed-refs.lock" ] && grep -qxF "$old $ref" "$common/packed-refs"; } 2>/dev/null ;;
  esac
}

may_move() {
  case $ref in
    "$branch") case $new in *[!0]*) return 0 ;; esac ;;
    refs/remotes/*) return 0 ;;
    refs/bisect/* | refs/rewritten/* | refs/worktree/*) [ -n "$own" ] && return 0 ;;
    refs/* | worktrees/* | main-worktree/*) ;;
    *) [ -n "$own" ] && return 0 ;;
  esac
  stays
}

refuse() {
  note "$old" "$new" "$ref"
  case $ref in
    refs/stash) hint="Everybody here shares the stash: commit instead, and take that back with git reset --soft HEAD~1" ;;
    refs/tags/*) hint="Make no tag, and fetch with --no-tags" ;;
    *) hint="Commit on your own branch and report: Sluice lands it" ;;
  esac
  echo "Sluice: $run may not move $ref, only its own branch \${branch#refs/heads/}. $hint." >&2
}

moves=
if [ -n "$alias" ]; then
  case $name:$1 in
    reference-transaction:prepared)
      refused=
      while read -r old new ref; do
        moves="$moves$old $new $ref
"
        may_move || { refuse; refused=1; }
      done
      [ -z "$refused" ] || exit 1
      ;;
    pre-push:*)
      note - - "git push"
      echo "Sluice: $run may not push. Commit on your own branch and report: Sluice lands it." >&2
      exit 1
      ;;
  esac
fi
[ -n "$hooks" ] && [ "$hooks" != "$self" ] && [ -x "$hooks/$name" ] || exit 0
if [ -n "$moves" ]; then
  printf %s "$moves" | "$hooks/$name" "$@"
  exit
fi
exec "$hooks/$name" "$@"
`;

/** The hooks that the guard itself needs. */
export const GUARD_HOOKS: readonly string[] = ["reference-transaction", "pre-push"];

/** What git asks in a worktree of its own accord. A program for each slows it down, so that only those are there which may be needed. */
export const HOOK_NAMES: readonly string[] = [
  ["applypatch-msg", "pre-applypatch", "post-applypatch", "sendemail-validate"],
  ["pre-commit", "pre-merge-commit", "prepare-commit-msg", "commit-msg", "post-commit", "post-merge"],
  ["pre-rebase", "post-rewrite", "post-checkout", "pre-auto-gc", "post-index-change"],
].flat();
