import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, isAbsolute, join } from "node:path";
import { splitNul } from "./git-environment.ts";
import { decode, createRunner, type GitRunner } from "./run-git.ts";

type Env = Readonly<Record<string, string | undefined>>;

/** Git itself follows no more includes in a row. */
const MAX_DEPTH = 10;
/** Settings that name another file which decides what git runs. */
const FILES = "^(include\\.path|includeif\\..*\\.path|core\\.attributesfile)$";

/**
 * Copies the account's git files (its configuration with all that it includes, its attributes) into a folder, and answers the environment
 * by which git reads the copies: what a run writes there later changes nothing of what is done with that environment.
 * @param folder of ours; made anew
 */
export async function freezeAccount(env: Env, folder: string): Promise<Env> {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const git = createRunner(env);
  const home = env["HOME"] ?? "/";
  const own = join(env["XDG_CONFIG_HOME"] ?? join(home, ".config"), "git");
  const named = env["GIT_CONFIG_GLOBAL"];
  const roots = named === undefined ? [join(own, "config"), join(home, ".gitconfig")] : [named];
  const copies = new Map<string, string>();
  const copy = async (file: string, depth: number): Promise<string | undefined> => {
    const known = copies.get(file);
    if (known !== undefined || depth > MAX_DEPTH || !existsSync(file)) return known;
    const to = join(folder, String(copies.size));
    copies.set(file, to);
    copyBytes(file, to);
    for (const { name, value } of await filesNamedIn(git, folder, to)) {
      const inner = placeOf(value, { home, beside: dirname(file) });
      const kept = name === "core.attributesfile" ? copyPlain(inner) : await copy(inner, depth + 1);
      await setOne(git, folder, { file: to, name, from: value, to: kept ?? "/dev/null" });
    }
    return to;
  };
  const copyPlain = (file: string): string | undefined => {
    if (!existsSync(file)) return undefined;
    const to = join(folder, `attributes-${copies.size}`);
    copies.set(`attributes ${file}`, to);
    copyBytes(file, to);
    return to;
  };
  const attributes = copyPlain(join(own, "attributes"));
  const includes: string[] = [];
  for (const root of roots) {
    const copied = await copy(root, 0);
    if (copied !== undefined) includes.push(copied);
  }
  const main = join(folder, "gitconfig");
  const lines = [
    `[core]\n\tattributesFile = "${attributes ?? "/dev/null"}"\n`,
    ...includes.map((path) => `[include]\n\tpath = "${path}"\n`),
  ];
  writeFileSync(main, lines.join(""), { mode: 0o600 });
  return { ...env, GIT_CONFIG_GLOBAL: main };
}

/** Also of `/dev/null`, which is how a person says that there is none, and which no copy of files takes. */
const copyBytes = (from: string, to: string): void => writeFileSync(to, readFileSync(from), { mode: 0o600 });

async function filesNamedIn(
  git: GitRunner,
  cwd: string,
  file: string,
): Promise<readonly { readonly name: string; readonly value: string }[]> {
  const args = ["config", "--file", file, "--no-includes", "-z", "--get-regexp", FILES];
  const { exit, stdout } = await git.run({ cwd, args });
  return exit === 0
    ? splitNul(decode(stdout)).map((entry) => {
        const at = entry.indexOf("\n");
        return { name: entry.slice(0, at), value: entry.slice(at + 1) };
      })
    : [];
}

async function setOne(
  git: GitRunner,
  cwd: string,
  { file, name, from, to }: { file: string; name: string; from: string; to: string },
): Promise<void> {
  const only = `^${from.replaceAll(/[.*+?^${}()|[\]\\]/g, "\\$&")}$`;
  await git.text({ cwd, args: ["config", "--file", file, "--replace-all", name, to, only] });
}

function placeOf(path: string, { home, beside }: { home: string; beside: string }): string {
  if (path.startsWith("~/")) return join(home, path.slice(2));
  return isAbsolute(path) ? path : join(beside, path);
}
