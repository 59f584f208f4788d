import { accessSync, constants } from "node:fs";
import { delimiter, isAbsolute, join } from "node:path";

/** Agent programs that are looked for, and the runner that starts each; those without one need `--runner NAME=PROGRAM`. */
const KNOWN = [
  { program: "claude", runner: "claude-code" },
  { program: "codex" },
  { program: "opencode" },
  { program: "gemini" },
  { program: "grok" },
] as const;

export interface AgentProgram {
  readonly program: string;
  readonly path: string;
  /** What `sluice work --runner` takes; undefined where Sluice has no adapter for it yet. */
  readonly runner?: string;
}

/** The agent programs on a PATH. Relative entries are passed over: the working folder is somebody's repository. */
export function findAgentPrograms(path: string): readonly AgentProgram[] {
  const folders = path.split(delimiter).filter((folder) => isAbsolute(folder));
  return KNOWN.flatMap((known) => {
    const found = folders.map((folder) => join(folder, known.program)).find((file) => isExecutable(file));
    return found === undefined ? [] : [{ ...known, path: found }];
  });
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
