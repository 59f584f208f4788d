import { existsSync } from "node:fs";
import { join, resolve } from "node:path";
import { SluiceError } from "#domain/errors.ts";

/** File of a workspace inside `.sluice/`. */
export const WORKSPACE_FILE = join(".sluice", "workspace.db");

/** A place as given: an address stays, a path becomes absolute; a folder stands for the workspace in it. */
export function namedPlace(text: string, cwd: string): string {
  if (/^https?:\/\//.test(text))
    throw new SluiceError(
      "invalid",
      `workspace is ${JSON.stringify(text)}, accepted is a path or postgres://…: a Sluice server cannot be used yet`,
      { details: { field: "workspace", value: text } },
    );
  if (/^postgres(ql)?:\/\//.test(text)) return text;
  const path = resolve(cwd, text);
  return existsSync(join(path, WORKSPACE_FILE)) ? join(path, WORKSPACE_FILE) : path;
}
