import type { RunMarker } from "#operations/ports/launcher.ts";

/** What a program needs to find its way, and nothing that gives power: no keys, no agent sockets, no git variables. */
const INHERITED: ReadonlySet<string> = new Set(
  [
    "PATH HOME LANG TERM USER LOGNAME SHELL TZ COLORTERM",
    "XDG_CONFIG_HOME XDG_CACHE_HOME XDG_DATA_HOME XDG_STATE_HOME",
    "SSL_CERT_FILE SSL_CERT_DIR NODE_EXTRA_CA_CERTS",
    "HTTP_PROXY HTTPS_PROXY NO_PROXY http_proxy https_proxy no_proxy",
  ].flatMap((names) => names.split(" ")),
);

interface ChildEnvironmentInput {
  /** The whole environment of the process that launches. */
  readonly host: Readonly<Record<string, string | undefined>>;
  /** Further names the adapter lets through (its own authentication); a trailing `*` stands for any rest. */
  readonly allowed: readonly string[];
  /** Defaults of the adapter: win over the host's, lose against the worker's. */
  readonly adapter: Readonly<Record<string, string>>;
  /** What the worker gives. */
  readonly given: Readonly<Record<string, string>>;
  readonly briefFile: string;
  readonly tempDir: string;
  readonly marker: RunMarker;
}

/** The environment of a run: an allow-list of the host's, then the adapter's, then the worker's, then the run's own marks. */
export function childEnvironment(input: ChildEnvironmentInput): Record<string, string> {
  const env: Record<string, string> = {};
  for (const [name, value] of Object.entries(input.host)) {
    if (value !== undefined && isAllowed(name, input.allowed)) env[name] = value;
  }
  return {
    ...env,
    ...input.adapter,
    ...input.given,
    TMPDIR: input.tempDir,
    SLUICE_BRIEF: input.briefFile,
    SLUICE_RUN: input.marker.run,
    SLUICE_RUN_TOKEN: input.marker.token,
  };
}

/** `TOKENS` is a number of them, no secret; git's `KEY` is the name of a setting. */
const SECRET_NAME = /(?<!^GIT_CONFIG_)KEY|TOKEN(?!S)|SECRET|PASSWORD|PASSWD|CREDENTIAL|AUTHORIZATION|LEASE/i;

/** The values in an environment that must not reach a log: those whose name says that they give power. */
export function secretValues(env: Readonly<Record<string, string>>): readonly string[] {
  return Object.entries(env).flatMap(([name, value]) => (SECRET_NAME.test(name) ? [value] : []));
}

function isAllowed(name: string, allowed: readonly string[]): boolean {
  if (INHERITED.has(name) || name.startsWith("LC_")) return true;
  return allowed.some((rule) => (rule.endsWith("*") ? name.startsWith(rule.slice(0, -1)) : name === rule));
}
