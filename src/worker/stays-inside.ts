import { lstatSync, realpathSync } from "node:fs";
import { dirname, join, relative } from "node:path";

/**
 * Whether a path below a folder is where it says: the commit, or the agent, may have put a symbolic link in the way that leads
 * elsewhere. Parents that are not there yet are made by us, and lead nowhere. The last part itself is not followed.
 */
export function staysInside(dir: string, path: string): boolean {
  const root = realpathSync(dir);
  for (let parent = dirname(join(dir, path)); ; parent = dirname(parent)) {
    if (lstatSync(parent, { throwIfNoEntry: false }) === undefined) continue;
    const real = realPath(parent);
    return real !== undefined && !relative(root, real).startsWith("..");
  }
}

/** Undefined for a link that leads nowhere. */
function realPath(path: string): string | undefined {
  try {
    return realpathSync(path);
  } catch {
    return undefined;
  }
}
