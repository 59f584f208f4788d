import { accessSync, constants, statSync } from "node:fs";
import { delimiter, isAbsolute, join, resolve } from "node:path";

/**
 * The file that a program name stands for: as given where it holds a slash (relative to `folder`), else the first
 * executable of that name on `path`. Relative entries of `path` are passed over, since the working folder holds
 * text that is not ours. Undefined where there is none.
 */
export function findProgram(name: string, path: string, folder: string): string | undefined {
  if (name.includes("/")) return executable(resolve(folder, name));
  for (const entry of path.split(delimiter)) {
    const found = isAbsolute(entry) ? executable(join(entry, name)) : undefined;
    if (found !== undefined) return found;
  }
  return undefined;
}

function executable(file: string): string | undefined {
  try {
    accessSync(file, constants.X_OK);
    return statSync(file).isFile() ? file : undefined;
  } catch {
    return undefined;
  }
}
