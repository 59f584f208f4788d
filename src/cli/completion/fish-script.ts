import type { Candidates, CompletionNode } from "./completion-model.ts";

/** A completion script for fish: one line per command, flag and value, each on the condition that its command was typed. */
export function fishScript(nodes: readonly CompletionNode[]): string {
  return `# Completion of sluice for fish. Load it with: sluice completion fish | source
function __sluice_at
    set -l words
    for word in (commandline -opc)[2..-1]
        string match -q -- '-*' $word; or set -a words $word
    end
    set -l typed (string join ' ' -- $words)
    test "$typed" = "$argv"; or string match -q -- "$argv *" "$typed"
end
complete -c sluice -f
${nodes.flatMap(nodeLines).join("\n")}
`;
}

function nodeLines({ path, children, flags, values, words }: CompletionNode): readonly string[] {
  const line = (rest: string) =>
    path === ""
      ? `complete -c sluice ${rest}`
      : `complete -c sluice -n ${quoted(`__sluice_at ${path}`)} ${rest}`;
  const start = (rest: string) => `complete -c sluice -n __fish_is_first_token ${rest}`;
  const withValue = new Map(values);
  return [
    ...children.map((child) => (path === "" ? start : line)(`-a ${quoted(child)}`)),
    // fish is told of the words without their order.
    ...words.flatMap((word) => argument(word).map((rest) => line(rest))),
    ...flags.map((flag) => {
      const candidates = withValue.get(flag);
      const value = candidates === undefined ? [] : ["-r", ...argument(candidates)];
      return line([`-l ${flag.slice(2)}`, ...value].join(" "));
    }),
  ];
}

function argument(candidates: Candidates): readonly string[] {
  switch (candidates.from) {
    case "nothing":
      return [];
    case "files":
      return ["-F"];
    case "words":
      return [`-a ${quoted(candidates.words.join(" "))}`];
    case "item":
    case "candidate":
    case "run":
      return [`-a ${quoted(`(sluice __complete ${candidates.from} 2>/dev/null)`)}`];
  }
}

function quoted(text: string): string {
  return `'${text.replaceAll("\\", "\\\\").replaceAll("'", "\\'")}'`;
}
