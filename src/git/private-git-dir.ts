import { copyFileSync, existsSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { isAbsolute, join, resolve } from "node:path";
import type { Sha } from "#domain/git-ref/sha.ts";
import type { People } from "#operations/ports/git.ts";
import { splitNul } from "./git-environment.ts";
import { standingIn } from "./remote.ts";
import { decode, type GitRunner, hideUser } from "./run-git.ts";

/** What a private repository takes over from the registered one: its objects, its format, and settings that run nothing. */
export interface Lender {
  /** Common directory of the registered repository. */
  readonly repo: string;
  readonly settings: ReadonlyMap<string, string>;
}

type Settings = readonly (readonly [name: string, value: string])[];

/** Settings that say what contents look like; none can name a program. */
const CONTENTS = [
  "core.autocrlf",
  "core.eol",
  "core.filemode",
  "core.ignorecase",
  "core.precomposeunicode",
  "core.symlinks",
] as const;

export async function lenderOf(git: GitRunner, repo: string): Promise<Lender> {
  const { stdout } = await git.run({ cwd: repo, args: ["config", "--local", "-z", "--list"] });
  const settings = splitNul(decode(stdout)).map((entry): readonly [string, string] => {
    const at = entry.indexOf("\n");
    return at < 0 ? [entry, "true"] : [entry.slice(0, at), entry.slice(at + 1)];
  });
  return { repo, settings: new Map(settings) };
}

export interface PrivateGitDir {
  readonly lender: Lender;
  /** Further folders of objects that it reads. */
  readonly objects?: readonly string[];
  /** What its HEAD says: `ref: refs/heads/…` or an object name. */
  readonly head: string;
  readonly refs?: readonly { readonly ref: string; readonly sha: Sha }[];
  readonly people?: People | undefined;
  /** Whether it has the registered repository's `origin`. */
  readonly origin?: boolean;
}

/** Writes a git directory that borrows the lender's objects. Its configuration is ours; nothing in it runs a program. */
export function writeGitDir(dir: string, p: PrivateGitDir): void {
  for (const folder of ["objects/pack", "refs/heads", "info"])
    mkdirSync(join(dir, folder), { recursive: true });
  writeFileSync(join(dir, "HEAD"), `${p.head}\n`);
  writeFileSync(join(dir, "config"), configText(settingsOf(p)));
  lend(dir, [join(p.lender.repo, "objects"), ...(p.objects ?? [])]);
  const refs = (p.refs ?? []).map(({ ref, sha }) => `${sha} ${ref}\n`);
  writeFileSync(join(dir, "packed-refs"), refs.join(""));
  for (const file of ["shallow", "info/exclude"]) {
    const theirs = join(p.lender.repo, file);
    if (existsSync(theirs)) copyFileSync(theirs, join(dir, file));
  }
}

/** Says where else a git directory reads objects from. The file is made anew: the one that stands there may be linked elsewhere. */
export function lend(dir: string, folders: readonly string[]): void {
  mkdirSync(join(dir, "objects", "info"), { recursive: true });
  const lines = folders.map((folder) => (/^["#]|\n/.test(folder) ? quoted(folder) : folder));
  const file = join(dir, "objects", "info", "alternates");
  rmSync(file, { force: true });
  writeFileSync(file, `${lines.join("\n")}\n`);
}

function settingsOf({ lender, people, origin }: PrivateGitDir): Settings {
  const { settings } = lender;
  const kept = (names: readonly string[]): Settings =>
    names.flatMap((name) => {
      const value = settings.get(name);
      return value === undefined ? [] : [[name, value] as const];
    });
  return [
    ["core.repositoryformatversion", settings.get("core.repositoryformatversion") ?? "0"],
    ["core.bare", "false"],
    ["core.logallrefupdates", "true"],
    ["gc.auto", "0"],
    ["maintenance.auto", "false"],
    ...kept(["extensions.objectformat", "extensions.partialclone", ...CONTENTS]),
    ...(people === undefined ? [] : identitySettings(people)),
    ...(origin === true || isPartial(lender) ? originSettings(lender) : []),
  ];
}

function identitySettings({ author, committer }: People): Settings {
  return [
    ["user.name", author.name],
    ["user.email", author.email],
    ["author.name", author.name],
    ["author.email", author.email],
    ["committer.name", committer.name],
    ["committer.email", committer.email],
  ];
}

/** Whether the repository was cloned without some objects, which git asks its remote for when it needs them. */
export const isPartial = ({ settings }: Lender): boolean => settings.get("remote.origin.promisor") === "true";

/** A push has nowhere to go: git has no program for that kind of address. */
const REFUSED_PUSH = "sluice-refuses-pushes:///";

function originSettings({ repo, settings }: Lender): Settings {
  const url = settings.get("remote.origin.url");
  if (url === undefined) return [];
  const promised = ["remote.origin.promisor", "remote.origin.partialclonefilter"].flatMap(
    (name): Settings => {
      const value = settings.get(name);
      return value === undefined ? [] : [[name, value]];
    },
  );
  return [
    ["remote.origin.url", absoluteAddress(repo, hideUser(url))],
    ["remote.origin.fetch", "+refs/heads/*:refs/remotes/origin/*"],
    ["remote.origin.pushurl", REFUSED_PUSH],
    ...promised,
  ];
}

/** Git takes a relative path from the repository it stands in. */
function absoluteAddress(repo: string, url: string): string {
  const isPath = !url.includes(":") || /^\.{1,2}\//.test(url);
  return isPath && !isAbsolute(url) ? resolve(standingIn(repo), url) : url;
}

function configText(settings: Settings): string {
  return settings
    .map(([name, value]) => {
      const [first, last] = [name.indexOf("."), name.lastIndexOf(".")];
      const section = name.slice(0, first);
      const header = first === last ? section : `${section} ${quoted(name.slice(first + 1, last))}`;
      return `[${header}]\n\t${name.slice(last + 1)} = ${quoted(value)}\n`;
    })
    .join("");
}

const quoted = (text: string): string =>
  `"${text.replaceAll(/["\\]/g, "\\$&").replaceAll("\n", "\\n").replaceAll("\t", "\\t")}"`;

/** Environment that makes git work on the files of `tree` through a git directory that stands elsewhere. */
export const through = (gitDir: string, tree: string): Readonly<Record<string, string>> => ({
  GIT_DIR: gitDir,
  GIT_WORK_TREE: tree,
});
