import { join } from "node:path";
import { z } from "zod";
import { SluiceError } from "#domain/errors.ts";
import { readJsonFile, writeJsonFile } from "./json-file.ts";
import { configDir } from "./places.ts";

type Env = Readonly<Record<string, string | undefined>>;

const Profiles = z.lazy(() =>
  z.object({
    default: z.string().optional(),
    profiles: z.record(z.string(), z.string()).default({}),
  }),
);

const file = (env: Env): string => join(configDir(env), "profiles.json");
const read = (env: Env): z.output<typeof Profiles> => readJsonFile(file(env), Profiles) ?? { profiles: {} };

/** The place a profile names; of the default profile where none is named, undefined when there is no default. */
export function profilePlace(env: Env, name: string): string;
export function profilePlace(env: Env, name: undefined): string | undefined;
export function profilePlace(env: Env, name: string | undefined): string | undefined {
  const { default: fallback, profiles } = read(env);
  const wanted = name ?? fallback;
  if (wanted === undefined) return undefined;
  const place = profiles[wanted];
  if (place !== undefined) return place;
  throw new SluiceError("not_found", `There is no profile ${JSON.stringify(wanted)}`, {
    hint: `Known are ${Object.keys(profiles).join(", ") || "none"}`,
    details: { field: "profile", value: wanted },
  });
}

/** Names a place; the first profile becomes the default. */
export function saveProfile(env: Env, name: string, place: string): void {
  const { default: fallback, profiles } = read(env);
  writeJsonFile(file(env), { default: fallback ?? name, profiles: { ...profiles, [name]: place } });
}
