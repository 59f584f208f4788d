import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { z } from "zod";
import { SluiceError } from "#domain/errors.ts";
import { configDir, stateDir } from "./places.ts";

type Env = Readonly<Record<string, string | undefined>>;

const Trusted = z.array(z.string());
const trustFile = (env: Env): string => join(stateDir(env), "trusted.json");

/** Whether this user made, or said yes to, the workspace at a path. One that came with a clone would otherwise act in their name. */
export function isTrusted(env: Env, place: string): boolean {
  return trustedPlaces(env).includes(place);
}

/** The workspaces that this user made, or said yes to, and that are files which are still there. */
export const knownFiles = (env: Env): readonly string[] =>
  (readJsonFile(trustFile(env), Trusted) ?? []).filter((place) => existsSync(place));

/** Files of workspaces that this user made, or said yes to. */
export const trustedPlaces = (env: Env): readonly string[] => readJsonFile(trustFile(env), Trusted) ?? [];

export function trust(env: Env, place: string): void {
  const known = trustedPlaces(env);
  if (!known.includes(place)) writeJsonFile(trustFile(env), [...known, place]);
}

const Profiles = z.lazy(() =>
  z.object({
    default: z.string().optional(),
    profiles: z.record(z.string(), z.string()).default({}),
  }),
);

const profileFile = (env: Env): string => join(configDir(env), "profiles.json");
const readProfiles = (env: Env): z.output<typeof Profiles> =>
  readJsonFile(profileFile(env), Profiles) ?? { profiles: {} };

/** The place a profile names; of the default profile where none is named, undefined when there is no default. */
export function profilePlace(env: Env, name: string): string;
export function profilePlace(env: Env, name: undefined): string | undefined;
export function profilePlace(env: Env, name: string | undefined): string | undefined {
  const { default: fallback, profiles } = readProfiles(env);
  const wanted = name ?? fallback;
  if (wanted === undefined) return undefined;
  const place = profiles[wanted];
  if (place !== undefined) return place;
  throw new SluiceError("not_found", `There is no profile ${JSON.stringify(wanted)}`, {
    hint: `The profiles are: ${Object.keys(profiles).join(", ") || "none"}`,
    details: { field: "profile", value: wanted },
  });
}

/** Names a place; the first profile becomes the default. */
export function saveProfile(env: Env, name: string, place: string): void {
  const { default: fallback, profiles } = readProfiles(env);
  writeJsonFile(profileFile(env), { default: fallback ?? name, profiles: { ...profiles, [name]: place } });
}

/** Reads a small settings file of ours; `undefined` when there is none. Refuses with `invalid` what is damaged. */
function readJsonFile<T>(path: string, schema: z.ZodType<T>): T | undefined {
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch {
    return undefined;
  }
  try {
    return schema.parse(JSON.parse(text));
  } catch (error) {
    throw new SluiceError("invalid", `${path} is not valid`, {
      hint: "Repair or remove it",
      cause: error,
    });
  }
}

/** Replaces a settings file in one step; readable by its owner alone. */
function writeJsonFile(path: string, value: unknown): void {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  const draft = `${path}.${process.pid}`;
  writeFileSync(draft, `${JSON.stringify(value, null, 2)}\n`, { mode: 0o600 });
  renameSync(draft, path);
}
