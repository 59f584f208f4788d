import { existsSync } from "node:fs";
import { join, resolve } from "node:path";

/** File of a workspace inside `.sluice/`. */
export const WORKSPACE_FILE = join(".sluice", "workspace.db");

/** Whether a place is the address of a Sluice server. */
export const isServer = (place: string): boolean => /^https?:\/\//.test(place);

/** A place as given: an address stays, a path becomes absolute; a folder stands for the workspace in it. */
export function namedPlace(text: string, cwd: string): string {
  if (isServer(text) || /^postgres(ql)?:\/\//.test(text)) return text;
  const path = resolve(cwd, text);
  return existsSync(join(path, WORKSPACE_FILE)) ? join(path, WORKSPACE_FILE) : path;
}
