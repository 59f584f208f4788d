import { existsSync, realpathSync } from "node:fs";
import { basename, dirname, join } from "node:path";

/** Symlinks resolved as far as the path exists: git records resolved ones. */
export function realPath(path: string): string {
  if (existsSync(path) || dirname(path) === path) return realpathSync(path);
  return join(realPath(dirname(path)), basename(path));
}
