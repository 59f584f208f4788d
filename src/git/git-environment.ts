/** What git, ssh and credential programs need from the caller's environment, and who the person is. Nothing else passes. */
const PASSED = new Set(
  [
    ["PATH", "HOME", "USER", "LOGNAME", "XDG_CONFIG_HOME", "TMPDIR", "EMAIL"],
    ["SSH_AUTH_SOCK", "SSH_AGENT_PID", "SSL_CERT_FILE", "SSL_CERT_DIR", "GNUPGHOME"],
    ["GIT_SSH", "GIT_SSH_COMMAND", "GIT_EXEC_PATH", "GIT_ALLOW_PROTOCOL"],
    ["GIT_CONFIG_GLOBAL", "GIT_CONFIG_SYSTEM", "GIT_CONFIG_NOSYSTEM"],
    ["GIT_AUTHOR_NAME", "GIT_AUTHOR_EMAIL", "GIT_COMMITTER_NAME", "GIT_COMMITTER_EMAIL"],
  ].flat(),
);
const PROXY = /^(?:https?|all|no)_proxy$/i;

/** Set on every call: no prompt, no translation, no replaced objects, paths taken literally. */
const FIXED = {
  LC_ALL: "C",
  GIT_TERMINAL_PROMPT: "0",
  GIT_ASKPASS: "true",
  SSH_ASKPASS_REQUIRE: "never",
  GIT_EDITOR: "true",
  GIT_PAGER: "cat",
  GIT_LITERAL_PATHSPECS: "1",
  GIT_NO_REPLACE_OBJECTS: "1",
  GIT_LFS_SKIP_SMUDGE: "1",
} as const satisfies Record<string, string>;

/** Words before the subcommand of every call: nothing that a repository configures may run on its own. */
export const FIXED_WORDS: readonly string[] = [
  "--no-pager",
  "--no-optional-locks",
  ...[
    "core.hooksPath=/dev/null",
    "core.fsmonitor=false",
    "core.alternateRefsCommand=true",
    "protocol.ext.allow=never",
    "gc.auto=0",
    "maintenance.auto=false",
    "submodule.recurse=false",
    "i18n.commitEncoding=UTF-8",
    "i18n.logOutputEncoding=UTF-8",
    "blame.ignoreRevsFile=",
    "advice.detachedHead=false",
  ].flatMap((setting) => ["-c", setting]),
];

/** The environment of every git process: the allowed part of the caller's, without any `GIT_DIR` and its kind. */
export function gitEnvironment(
  env: Readonly<Record<string, string | undefined>>,
): Readonly<Record<string, string>> {
  const passed = Object.entries(env).flatMap(([name, value]) =>
    value !== undefined && (PASSED.has(name) || PROXY.test(name)) ? [[name, value] as const] : [],
  );
  return { ...Object.fromEntries(passed), ...FIXED };
}

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
  "index-pack",
  "log",
  "ls-files",
  "ls-remote",
  "ls-tree",
  "merge-base",
  "pack-objects",
  "patch-id",
  "push",
  "remote",
  "rev-list",
  "rev-parse",
  "symbolic-ref",
  "unpack-objects",
  "update-ref",
  "var",
  "version",
  "worktree",
  "write-tree",
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

/** The words of a call from its subcommand on: settings, each after a `-c`, may stand before it. */
export function fromSubcommand(args: readonly string[]): readonly string[] {
  return args[0] === "-c" ? fromSubcommand(args.slice(2)) : args;
}

/** Splits the output of a `-z` command; the last separator ends a field and begins none. */
export function splitNul(text: string): readonly string[] {
  const fields = text.split("\0");
  if (fields.at(-1) === "") fields.pop();
  return fields;
}
