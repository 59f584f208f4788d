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
