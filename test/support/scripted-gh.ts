import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import { z } from "zod";

/** What the scripted `gh` does when it is called with these words first. */
export interface GhAnswer {
  readonly exit?: number;
  readonly stdout?: string;
  readonly stderr?: string;
}

const Call = z.object({
  args: z.array(z.string()),
  stdin: z.string(),
  env: z.record(z.string(), z.string()),
  cwd: z.string(),
});
type Call = z.infer<typeof Call>;

/** GitHub's program in its place on the PATH: it writes down how it is called, and plays the service from a file. */
export interface ScriptedGh {
  /** A PATH on which it comes first, and no other of its name. */
  readonly path: string;
  readonly calls: () => readonly Call[];
  /** By the first two words of the call: `pr view`. Words without an answer end with 1. */
  readonly answer: (answers: Readonly<Record<string, GhAnswer>>) => void;
}

export function scriptedGh(dir: string): ScriptedGh {
  const bin = join(dir, "gh-bin");
  const [answers, calls] = [join(dir, "gh-answers.json"), join(dir, "gh-calls.jsonl")];
  mkdirSync(bin, { recursive: true });
  const program = join(import.meta.dir, "gh-program.ts");
  const file = join(bin, "gh");
  writeFileSync(file, `#!/bin/sh\nexec '${process.execPath}' '${program}' '${answers}' '${calls}' "$@"\n`);
  chmodSync(file, 0o755);
  writeFileSync(answers, "{}");
  return {
    path: [bin, "/usr/bin", "/bin"].join(delimiter),
    calls: () =>
      existsSync(calls)
        ? readFileSync(calls, "utf8")
            .trim()
            .split("\n")
            .map((line) => Call.parse(JSON.parse(line)))
        : [],
    answer: (given) => writeFileSync(answers, JSON.stringify(given)),
  };
}

/** What `gh pr view` says of an open pull request about which nobody has said anything. */
export const QUIET = {
  state: "OPEN",
  mergeCommit: null,
  mergeable: "MERGEABLE",
  statusCheckRollup: [],
  latestReviews: [],
} as const;

export const json = (value: unknown): GhAnswer => ({ stdout: JSON.stringify(value) });
