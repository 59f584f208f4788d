import { homedir, hostname } from "node:os";
import { join } from "node:path";

type Env = Readonly<Record<string, string | undefined>>;

const under = (env: Env, variable: string, fallback: readonly string[]): string =>
  join(env[variable] ?? join(env["HOME"] ?? homedir(), ...fallback), "sluice");

/** Folder of profiles: `$XDG_CONFIG_HOME/sluice`. */
export const configDir = (env: Env): string => under(env, "XDG_CONFIG_HOME", [".config"]);

/** Folder of the workspace that `init --global` makes: `$XDG_DATA_HOME/sluice`. */
export const dataDir = (env: Env): string => under(env, "XDG_DATA_HOME", [".local", "share"]);

/** Folder of locks, logs and worktrees: `$SLUICE_STATE_DIR`, else `$XDG_STATE_HOME/sluice`. */
export const stateDir = (env: Env): string =>
  env["SLUICE_STATE_DIR"] ?? under(env, "XDG_STATE_HOME", [".local", "state"]);

/** Where the worktrees and run logs of one workspace live, outside of every checkout. */
export function workspaceStateDir(env: Env, place: string): string {
  return join(
    stateDir(env),
    "workspaces",
    new Bun.CryptoHasher("sha256").update(place).digest("hex").slice(0, 16),
  );
}

/** Name of this machine: what checkouts and runs are kept by. `SLUICE_HOST` overrides it, for several workers' machines in a test. */
export const hostName = (env: Env): string => env["SLUICE_HOST"] ?? hostname();
