import { existsSync, readFileSync } from "node:fs";
import { basename, dirname, isAbsolute, join, resolve } from "node:path";
import { SluiceError } from "#domain/errors.ts";
import { profilePlace, isTrusted } from "./user-settings.ts";

/** File of a workspace inside `.sluice/`. */
export const WORKSPACE_FILE = join(".sluice", "workspace.db");

/** Whether a place is the address of a Sluice server, or of the interface of a run in its box. */
export const isServer = (place: string): boolean => /^(?:https?:\/\/|unix:)/.test(place);

/** A place as given: an address stays, a path becomes absolute; a folder stands for the workspace in it. */
export function namedPlace(text: string, cwd: string): string {
  if (isServer(text) || /^postgres(ql)?:\/\//.test(text)) return text;
  const path = resolve(cwd, text);
  return existsSync(join(path, WORKSPACE_FILE)) ? join(path, WORKSPACE_FILE) : path;
}

export interface WorkspaceRequest {
  /** `--workspace` or `SLUICE_WORKSPACE`. */
  readonly workspace?: string | undefined;
  readonly profile?: string | undefined;
  readonly cwd: string;
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** The place of the workspace a command works on. Refuses with `not_found` where there is none, `denied` where it came with a clone. */
export function findWorkspace({ workspace, profile, cwd, env }: WorkspaceRequest): string {
  if (workspace !== undefined) return namedPlace(workspace, cwd);
  if (profile !== undefined) return profilePlace(env, profile);
  const found = besideCode(cwd);
  if (found !== undefined) return trusted(found, env);
  const fallback = profilePlace(env, undefined);
  if (fallback !== undefined) return fallback;
  throw new SluiceError("not_found", `There is no workspace in ${cwd} or above it`, {
    hint: "Make one here with: sluice init, or name one with --workspace",
  });
}

function trusted(place: string, env: WorkspaceRequest["env"]): string {
  if (isTrusted(env, place)) return place;
  throw new SluiceError("denied", `${place} was not made here: it may have come with a clone`, {
    hint: "Read it, and if you want to use it run: sluice trust",
    details: { workspace: place },
  });
}

/** The `.sluice/` of the repository's main worktree, so that every worktree shares it; else the nearest above. */
export function besideCode(cwd: string): string | undefined {
  const main = mainWorktree(cwd);
  const candidates = [...(main === undefined ? [] : [main]), ...ancestors(cwd)];
  return candidates.map((folder) => join(folder, WORKSPACE_FILE)).find((file) => existsSync(file));
}

function ancestors(path: string): string[] {
  const up = dirname(path);
  return up === path ? [path] : [path, ...ancestors(up)];
}

/** The folder whose `.git` is the common directory, read without starting git: this is on every command's way. */
export function mainWorktree(cwd: string): string | undefined {
  const top = ancestors(cwd).find((folder) => existsSync(join(folder, ".git")));
  if (top === undefined) return undefined;
  const link = gitDirLink(join(top, ".git"));
  if (link === undefined) return top;
  const gitDir = isAbsolute(link) ? link : resolve(top, link);
  const common = readText(join(gitDir, "commondir"));
  const commonDir = common === undefined ? gitDir : resolve(gitDir, common.trim());
  return basename(commonDir) === ".git" ? dirname(commonDir) : commonDir;
}

function gitDirLink(path: string): string | undefined {
  return /^gitdir: (.+)$/m.exec(readText(path) ?? "")?.[1];
}

/** A small text file; undefined when it is a folder or not there. */
function readText(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return undefined;
  }
}
