import type { FlagSpec } from "./command-form.ts";
import type { TextSink } from "./surroundings.ts";

/** What every command takes. Each value: the flag, else the environment, else absent. */
export interface Globals {
  readonly json: boolean;
  readonly quiet: boolean;
  readonly debug: boolean;
  /** Whether standard output takes colours. */
  readonly color: boolean;
  /** `--as`: may lower authority, never raise it. */
  readonly as?: string;
  /** `SLUICE_ACTOR`. */
  readonly actor?: string;
  /** A path (SQLite), `postgres://…`, or `http(s)://…`. */
  readonly workspace?: string;
  readonly profile?: string;
  readonly project?: string;
  readonly lease?: string;
  /** `SLUICE_RUN`: the run this process belongs to. */
  readonly run?: string;
  readonly idempotencyKey?: string;
  /** Fields that stood on the command line, so that it is known what came from the environment. */
  readonly given: ReadonlySet<string>;
}

const flag = (field: string, name: string, description: string, short?: string): FlagSpec => ({
  field,
  flag: name,
  ...(short === undefined ? {} : { short }),
  value: { is: "text" },
  many: false,
  required: false,
  description,
});
const toggle = (field: string, name: string, description: string, short?: string): FlagSpec => ({
  ...flag(field, name, description, short),
  value: { is: "boolean" },
});

/** Allowed anywhere on the line, before `--`. */
export const GLOBAL_FLAGS: readonly FlagSpec[] = [
  toggle("json", "json", "Print the answer as one JSON object"),
  flag("as", "as", "Act as kind:name; may lower authority, never raise it"),
  flag("workspace", "workspace", "A file, postgres://…, or https://…", "w"),
  flag("profile", "profile", "Named settings to start from"),
  flag("project", "project", "Alias of a project", "p"),
  flag("lease", "lease", "Lease to work under"),
  flag("idempotencyKey", "idempotency-key", "Makes a repeated call answer what the first one did"),
  toggle("quiet", "quiet", "Print no results of writes and no progress"),
  toggle("noColor", "no-color", "Use no colours"),
  toggle("debug", "debug", "Show the stack of an error"),
  toggle("help", "help", "Show help", "h"),
  toggle("version", "version", "Show the version"),
];

/** Belongs to every operation that destroys. */
export const YES = toggle("yes", "yes", "Do not ask for confirmation");

/** An empty variable counts as absent. */
const FROM_ENVIRONMENT = {
  workspace: "SLUICE_WORKSPACE",
  profile: "SLUICE_PROFILE",
  project: "SLUICE_PROJECT",
  lease: "SLUICE_LEASE",
  actor: "SLUICE_ACTOR",
  run: "SLUICE_RUN",
} as const;

const TEXT_FLAGS = ["as", "workspace", "profile", "project", "lease", "idempotencyKey"] as const;

export function readGlobals(
  flags: Readonly<Record<string, unknown>>,
  env: Readonly<Record<string, string | undefined>>,
  stdout: Pick<TextSink, "isTTY">,
): Globals {
  const text = (field: string, value: unknown): Readonly<Record<string, string>> =>
    typeof value === "string" && value !== "" ? { [field]: value } : {};
  const fromEnvironment = Object.entries(FROM_ENVIRONMENT).map(([field, name]) => text(field, env[name]));
  const fromFlags = TEXT_FLAGS.map((field) => text(field, flags[field]));
  const found = [...fromEnvironment, ...fromFlags].flatMap((part) => Object.entries(part));
  return {
    ...Object.fromEntries(found),
    json: flags.json === true,
    quiet: flags.quiet === true,
    debug: flags.debug === true,
    color:
      flags.json !== true && flags.noColor !== true && !env.NO_COLOR && env.TERM !== "dumb" && stdout.isTTY,
    given: new Set(Object.keys(flags)),
  };
}
