import type { Candidates, CompletionNode } from "./completion-model.ts";

/** Finds the command that was typed so far, then asks the tables below it. */
const MAIN = `# Completion of sluice for bash. Load it with: source <(sluice completion bash)
_sluice() {
  local current="\${COMP_WORDS[COMP_CWORD]}" path="" word next i skip=0 given=0
  local previous="\${COMP_WORDS[COMP_CWORD-1]}"
  # "=" is a word of its own here: --kind=co is three words.
  if [[ $current == "=" ]]; then current=""
  elif [[ $previous == "=" ]]; then previous="\${COMP_WORDS[COMP_CWORD-2]}"; fi
  COMPREPLY=()
  for ((i = 1; i < COMP_CWORD; i++)); do
    word="\${COMP_WORDS[i]}"
    if [[ $word == "=" ]]; then skip=1; continue; fi
    if ((skip)); then skip=0; continue; fi
    case "$word" in
      --) return ;;
      -*)
        if _sluice_takes_value "$path" "$word"; then skip=1; fi
        continue ;;
    esac
    next="\${path:+$path }$word"
    if ((given == 0)) && _sluice_is_path "$next"; then path="$next"; else given=$((given + 1)); fi
  done
  if ((skip)); then
    _sluice_value "$path" "$previous" "$current"
    return
  fi
  case "$current" in
    -*) COMPREPLY=($(compgen -W "$(_sluice_flags "$path"; [[ -n $path ]] && _sluice_flags "")" -- "$current")) ;;
    *) _sluice_words "$path" "$given" "$current" ;;
  esac
}
_sluice_refs() {
  COMPREPLY=($(compgen -W "$(sluice __complete "$1" 2>/dev/null)" -- "$2"))
}
`;

/** A completion script for bash 3.2 and later. Every word in it is one of ours: names of commands, flags and enum values. */
export function bashScript(nodes: readonly CompletionNode[]): string {
  return `${MAIN}_sluice_is_path() {
  case "$1" in
${pathPatterns(nodes)}
    *) return 1 ;;
  esac
}
_sluice_flags() {
  case "$1" in
${nodes.map((node) => `    ${quoted(node.path)}) echo ${quoted(node.flags.join(" "))} ;;`).join("\n")}
  esac
}
_sluice_takes_value() {
  case "$1 $2" in
${globalsLast(nodes).flatMap(takesValue).join("\n")}
    *) return 1 ;;
  esac
}
_sluice_value() {
  case "$1 $2" in
${globalsLast(nodes).flatMap(valueCases).join("\n")}
  esac
}
_sluice_words() {
  case "$1 $2" in
${nodes.flatMap(wordCases).join("\n")}
  esac
}
complete -o bashdefault -F _sluice sluice
`;
}

function pathPatterns(nodes: readonly CompletionNode[]): string {
  const paths = nodes.filter((node) => node.path !== "").map((node) => quoted(node.path));
  return paths.length === 0 ? '    "") return 1 ;;' : `    ${paths.join("|")}) return 0 ;;`;
}

/** A flag of a command hides a global one of the same name. */
function globalsLast(nodes: readonly CompletionNode[]): readonly CompletionNode[] {
  return nodes.toSorted((a, b) => Number(a.path === "") - Number(b.path === ""));
}

/** The empty path stands for any. */
function flagPattern(path: string, flag: string): string {
  return path === "" ? `*${quoted(` ${flag}`)}` : quoted(`${path} ${flag}`);
}

function takesValue({ path, values }: CompletionNode): readonly string[] {
  if (values.length === 0) return [];
  return [`    ${values.map(([flag]) => flagPattern(path, flag)).join("|")}) return 0 ;;`];
}

function valueCases({ path, values }: CompletionNode): readonly string[] {
  return values.flatMap(([flag, candidates]) => {
    const reply = replyWith(candidates, "$3");
    return reply === undefined ? [] : [`    ${flagPattern(path, flag)}) ${reply} ;;`];
  });
}

function wordCases({ path, children, words, repeatsLast }: CompletionNode): readonly string[] {
  const next: Candidates = { from: "words", words: children };
  const positions = children.length > 0 ? [next] : words;
  return positions.flatMap((candidates, index) => {
    const reply = replyWith(candidates, "$3");
    const isLast = repeatsLast && index === positions.length - 1;
    const pattern = isLast ? `${quoted(`${path} `)}*` : quoted(`${path} ${index}`);
    return reply === undefined ? [] : [`    ${pattern}) ${reply} ;;`];
  });
}

function replyWith(candidates: Candidates, current: string): string | undefined {
  switch (candidates.from) {
    case "nothing":
      return undefined;
    case "files":
      return `COMPREPLY=($(compgen -f -- "${current}"))`;
    case "words":
      return `COMPREPLY=($(compgen -W ${quoted(candidates.words.join(" "))} -- "${current}"))`;
    case "item":
    case "candidate":
    case "run":
      return `_sluice_refs ${candidates.from} "${current}"`;
  }
}

/** Single quotes: nothing inside is expanded. */
function quoted(text: string): string {
  return `'${text.replaceAll("'", String.raw`'\''`)}'`;
}
