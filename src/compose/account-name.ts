import { readFileSync } from "node:fs";

/**
 * Name of an account by the password file, since Bun's `userInfo()` says `unknown` where the environment has no `USER`. Undefined where
 * neither names it: an account of a directory service, or none at all.
 */
export function accountName(uid: number | undefined, passwordFile: string): string | undefined {
  if (uid === undefined) return undefined;
  try {
    const lines = readFileSync(passwordFile, "utf8").split("\n");
    return lines.map((line) => line.split(":")).find(([, , id]) => id === String(uid))?.[0];
  } catch {
    return undefined;
  }
}
