import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import type { RunFolder } from "#worker/run/run-folder.ts";

const Copies = z.array(z.string());

const file = (folder: RunFolder, alias: string): string => join(folder.dir, `copies-${alias}.json`);

/** Remembers which files of a run's worktree were copied in, so that whoever saves its work can leave them out. */
export function keepCopies(folder: RunFolder, alias: string, copies: readonly string[]): void {
  mkdirSync(folder.dir, { recursive: true, mode: 0o700 });
  writeFileSync(file(folder, alias), JSON.stringify(copies));
}

/** None where nothing was kept, or what was kept is broken. */
export function keptCopies(folder: RunFolder, alias: string): readonly string[] {
  try {
    return Copies.parse(JSON.parse(readFileSync(file(folder, alias), "utf8")));
  } catch {
    return [];
  }
}
