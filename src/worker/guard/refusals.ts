import { closeSync, openSync, readSync } from "node:fs";
import { join } from "node:path";
import type { RunFolder } from "#worker/run/run-folder.ts";
import type { WorkerDeps } from "#worker/worker-deps.ts";

/** What the guard of a run refused. The file is the agent's to write: nothing in it is believed but that the run may have tried. */
export interface Refusal {
  /** Alias of the repo. */
  readonly repo: string;
  /** Object names; undefined where there was, or would be, none, or where a command was refused. */
  readonly before: string | undefined;
  readonly after: string | undefined;
  /** A ref's full name, or a command such as `git stash`. */
  readonly what: string;
}

/** Some thousand of them: an agent in a loop is not read to its end. */
const MAX_BYTES = 256 * 1024;
/** Different ones of a run that are kept. */
const MAX_KEPT = 50;
/** Newer versions of git give a symbolic ref as `ref:NAME`. */
const LINE = /^([^\t]+)\t(-|ref:[^\t]+|[0-9a-f]{40,64})\t(-|ref:[^\t]+|[0-9a-f]{40,64})\t(\P{Cc}+)$/u;

export const refusalsFile = ({ refusals }: RunFolder): string => join(refusals, "moves");

/** Each different one in these repos once, in their order. */
export function readRefusals(folder: RunFolder, repos: readonly string[]): readonly Refusal[] {
  const lines = new Set(head(refusalsFile(folder)).split("\n"));
  return [...lines].flatMap((line) => {
    const [, repo, before, after, what] = LINE.exec(line) ?? [];
    if (repo === undefined || what === undefined || !repos.includes(repo)) return [];
    return [{ repo, before: objectName(before), after: objectName(after), what }];
  });
}

/** Who tried, in the list of what was denied. Fails never: the refusal has had its effect. */
export async function keepRefusals(
  deps: WorkerDeps,
  runId: number,
  refusals: readonly Refusal[],
): Promise<void> {
  const kinds = new Map(refusals.map((one) => [`${one.repo} ${one.what}`, one]));
  if (kinds.size === 0) return;
  try {
    const refused = [...kinds.values()].map(({ repo, what }) => `a person, for ${what} in ${repo}`);
    await deps.port.record({ host: deps.host, run: runId, refused: refused.slice(0, MAX_KEPT) });
  } catch {
    // A workspace that cannot be written has refused no less.
  }
}

const objectName = (text: string | undefined): string | undefined =>
  text === undefined || /^(?:-|0+)$/.test(text) ? undefined : text;

function head(path: string): string {
  try {
    const file = openSync(path, "r");
    try {
      const bytes = Buffer.alloc(MAX_BYTES);
      return bytes.toString("utf8", 0, readSync(file, bytes));
    } finally {
      closeSync(file);
    }
  } catch {
    return "";
  }
}
