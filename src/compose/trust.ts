import { join } from "node:path";
import { z } from "zod";
import { readJsonFile, writeJsonFile } from "./json-file.ts";
import { stateDir } from "./places.ts";

type Env = Readonly<Record<string, string | undefined>>;

const Trusted = z.array(z.string());
const file = (env: Env): string => join(stateDir(env), "trusted.json");

/** Whether this user made, or said yes to, the workspace at a path. One that came with a clone would otherwise act in their name. */
export function isTrusted(env: Env, place: string): boolean {
  return (readJsonFile(file(env), Trusted) ?? []).includes(place);
}

export function trust(env: Env, place: string): void {
  const known = readJsonFile(file(env), Trusted) ?? [];
  if (!known.includes(place)) writeJsonFile(file(env), [...known, place]);
}
