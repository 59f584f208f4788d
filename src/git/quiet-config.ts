import type { GitRunner } from "./run-git.ts";
import { splitNul } from "./split-nul.ts";

/** Programs that git would run while it converts or merges contents, and what to put in their place. */
const NEUTRAL = {
  clean: "",
  smudge: "",
  process: "",
  required: "false",
  /** Runs `false`: the path counts as a conflict, never as merged. */
  driver: "false",
} as const satisfies Record<string, string>;
const PROGRAM = /^(?:filter\..*\.(clean|smudge|process|required)|merge\..*\.(driver))$/s;

/**
 * Environment that turns off the content filters and merge drivers which the repository's own configuration defines (an agent
 * can write there). Those of the person's and the machine's configuration stay.
 * @param dir the common directory or, where git runs in a worktree, that worktree with its `env`
 */
export async function quietConfig(
  git: GitRunner,
  dir: string,
  env: Readonly<Record<string, string>> = {},
): Promise<Readonly<Record<string, string>>> {
  const args = ["config", "-z", "--show-scope", "--name-only", "--list"];
  const fields = splitNul(await git.text({ cwd: dir, args, env }));
  const settings = fields.flatMap((scope, at) => {
    const name = fields[at + 1] ?? "";
    return at % 2 === 0 && (scope === "local" || scope === "worktree") ? replacement(name) : [];
  });
  const pairs = settings.flatMap(([key, value], n): (readonly [string, string])[] => [
    [`GIT_CONFIG_KEY_${n}`, key],
    [`GIT_CONFIG_VALUE_${n}`, value],
  ]);
  return { GIT_CONFIG_COUNT: String(settings.length), ...Object.fromEntries(pairs) };
}

function replacement(name: string): readonly (readonly [string, string])[] {
  const [, filter, merge] = PROGRAM.exec(name) ?? [];
  const part = filter ?? merge;
  if (part === "clean" || part === "smudge" || part === "process" || part === "required" || part === "driver")
    return [[name, NEUTRAL[part]]];
  return [];
}
