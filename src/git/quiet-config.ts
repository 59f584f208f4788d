import { splitNul } from "./split-nul.ts";
import { fromSubcommand } from "./subcommand.ts";

/** Programs that git would run while it converts or merges contents, and what to put in their place. */
const NEUTRAL = {
  clean: "",
  smudge: "",
  process: "",
  required: "false",
  /** Runs `false`: the path counts as a conflict, never as merged. */
  driver: "false",
} as const satisfies Record<string, string>;
const PROGRAM = /^(?:filter\..*\.(clean|smudge|process|required)|merge\..*\.(driver))$/s;
const FILTER = /^filter\.(.*)\.(?:clean|smudge|process)$/s;

/**
 * Subcommands that, as they are called here, neither convert nor merge contents of files, so that no filter and no driver can run.
 * Everything else runs without those of the repository: whatever writes an index looks into files that are as young as it.
 */
const WITHOUT_CONTENTS: ReadonlySet<string> = new Set([
  "blame",
  "cat-file",
  "check-attr",
  "commit-tree",
  "config",
  "diff-tree",
  "fetch",
  "for-each-ref",
  "grep",
  "log",
  "ls-files",
  "ls-remote",
  "ls-tree",
  "merge-base",
  "patch-id",
  "push",
  "remote",
  "rev-list",
  "rev-parse",
  "symbolic-ref",
  "update-ref",
  "var",
  "version",
]);

/** Whether a call may run content filters or merge drivers. */
export function convertsContents(args: readonly string[]): boolean {
  return !WITHOUT_CONTENTS.has(fromSubcommand(args)[0] ?? "");
}

/** Asks git for what `settingsOfRepository` reads. */
export const LIST_SETTINGS: readonly string[] = ["config", "-z", "--show-scope", "--name-only", "--list"];

/**
 * Names of the settings that the repository's own configuration makes (an agent can write there), not the person's or the machine's.
 * @param listed what `LIST_SETTINGS` printed
 */
export function settingsOfRepository(listed: string): readonly string[] {
  const fields = splitNul(listed);
  return fields.flatMap((scope, at) =>
    at % 2 === 0 && (scope === "local" || scope === "worktree") ? [fields[at + 1] ?? ""] : [],
  );
}

/** Content filters that the given settings define. */
export function filtersOf(settings: readonly string[]): ReadonlySet<string> {
  return new Set(settings.flatMap((name) => FILTER.exec(name)?.[1] ?? []));
}

/** Environment that turns off the content filters and merge drivers that the given settings define. */
export function quietEnvironment(settings: readonly string[]): Readonly<Record<string, string>> {
  const neutral = settings.flatMap((name) => replacement(name));
  const pairs = neutral.flatMap(([key, value], n): (readonly [string, string])[] => [
    [`GIT_CONFIG_KEY_${n}`, key],
    [`GIT_CONFIG_VALUE_${n}`, value],
  ]);
  return { GIT_CONFIG_COUNT: String(neutral.length), ...Object.fromEntries(pairs) };
}

function replacement(name: string): readonly (readonly [string, string])[] {
  const [, filter, merge] = PROGRAM.exec(name) ?? [];
  const part = filter ?? merge;
  if (part === "clean" || part === "smudge" || part === "process" || part === "required" || part === "driver")
    return [[name, NEUTRAL[part]]];
  return [];
}
