import instructions from "#skills/instructions.md" with { type: "text" };
import goal from "#skills/sluice-goal/SKILL.md" with { type: "text" };
import investigate from "#skills/sluice-investigate/SKILL.md" with { type: "text" };
import loop from "#skills/sluice-loop/SKILL.md" with { type: "text" };
import realitySync from "#skills/sluice-reality-sync/SKILL.md" with { type: "text" };
import review from "#skills/sluice-review/SKILL.md" with { type: "text" };
import triage from "#skills/sluice-triage/SKILL.md" with { type: "text" };
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmdirSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { dirname, join, sep } from "node:path";
import { SluiceError } from "#domain/errors.ts";
import type { FileChange } from "#formats/agent-setup/plan-setup.ts";

/** What setup puts into agents; part of the program, so that it installs without a network. */
export const SKILLS = {
  "sluice-goal": goal,
  "sluice-investigate": investigate,
  "sluice-loop": loop,
  "sluice-reality-sync": realitySync,
  "sluice-review": review,
  "sluice-triage": triage,
} as const;

export const INSTRUCTIONS = instructions;

/**
 * Text of another program's file, or undefined.
 * @param within the repository that it must be in: one that a link takes out of it is refused with `denied`, since a clone may hold such
 *   a link. Absent for a person's own files, which they may keep where they like.
 */
export function readSettings(file: string, within: string | undefined): string | undefined {
  if (within !== undefined) requireInside(within, file);
  return existsSync(file) ? readFileSync(file, "utf8") : undefined;
}

/** Writes one change, whole or not at all, with the file's own permissions; a removed file takes its empty folders along. */
export function writeChange({ path, after }: FileChange, root: string): void {
  if (after === undefined) {
    rmSync(path);
    removeEmpty(root, dirname(path));
    return;
  }
  mkdirSync(dirname(path), { recursive: true });
  const place = existsSync(path) ? realpathSync(path) : path;
  const draft = `${place}.sluice-${process.pid}`;
  writeFileSync(draft, after, { mode: 0o600 });
  chmodSync(draft, existsSync(place) ? statSync(place).mode : 0o644);
  renameSync(draft, place);
}

function requireInside(root: string, file: string): void {
  const base = realpathSync(root);
  for (let at = file; at.length > root.length; at = dirname(at)) {
    if (lstatSync(at, { throwIfNoEntry: false }) === undefined) continue;
    if (existsSync(at) && `${realpathSync(at)}${sep}`.startsWith(`${base}${sep}`)) return;
    throw new SluiceError("denied", `${at} is a link that leads out of ${root}`, {
      hint: "Remove the link if you did not make it, then run sluice setup again; nothing was changed",
      details: { file },
    });
  }
}

function removeEmpty(root: string, folder: string): void {
  if (!folder.startsWith(join(root, sep)) || readdirSync(folder).length > 0) return;
  rmdirSync(folder);
  removeEmpty(root, dirname(folder));
}
