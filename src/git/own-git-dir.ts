import { lstatSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { SluiceError } from "#domain/errors.ts";
import { isSha, type Sha } from "#domain/git-ref/sha.ts";

/** The git directory that a run had for itself, read as files: git would run what it names. */
export interface OwnGitDir {
  readonly dir: string;
  /** Where a ref stands; undefined where there is none, or it cannot be read. */
  readonly ref: (name: string) => Sha | undefined;
  /** Commits that hold what a rebase or merge under way had put aside. */
  readonly autostashes: () => readonly Sha[];
}

/** Longest chain of symbolic refs that git follows. */
const MAX_LINKS = 5;
const AUTOSTASHES = ["rebase-merge/autostash", "rebase-apply/autostash", "MERGE_AUTOSTASH"] as const;

/**
 * Opens the `.git` of a run's folder. Undefined where the run removed it or put something else in its place. Refuses with `denied` where
 * its objects are not plain files of its own; what they would be read from is another repository's.
 */
export function openOwnDir(folder: string): OwnGitDir | undefined {
  const dir = join(folder, ".git");
  if (!isFolder(dir) || !isFolder(join(dir, "objects"))) return undefined;
  requirePlain(join(dir, "objects"));
  const packed = new Map(
    fileText(join(dir, "packed-refs"))
      .split("\n")
      .map((line) => [line.slice(line.indexOf(" ") + 1), line.slice(0, line.indexOf(" "))] as const),
  );
  const ref = (name: string, links = 0): Sha | undefined => {
    if (links > MAX_LINKS || name.split("/").includes("..")) return undefined;
    const text = fileText(join(dir, name)).trim() || (packed.get(name) ?? "");
    return text.startsWith("ref: ") ? ref(text.slice(5).trim(), links + 1) : shaOrNone(text);
  };
  return {
    dir,
    ref,
    autostashes: () => AUTOSTASHES.flatMap((name) => shaOrNone(fileText(join(dir, name)).trim()) ?? []),
  };
}

/** Below `objects` stand folders of files, and no link leads elsewhere. */
function requirePlain(objects: string): void {
  for (const entry of readdirSync(objects, { withFileTypes: true })) {
    if (!entry.isDirectory()) throw strange(join(objects, entry.name));
    const inner = readdirSync(join(objects, entry.name), { withFileTypes: true }).find(
      (one) => !one.isFile(),
    );
    if (inner !== undefined && !(entry.name === "info" && inner.isDirectory()))
      throw strange(join(objects, entry.name, inner.name));
  }
}

const strange = (path: string): SluiceError =>
  new SluiceError("denied", `The run's repository is not its own: ${path} is not a plain file`, {
    hint: "Look at what the run did there; nothing of it was taken over",
  });

const isFolder = (path: string): boolean =>
  lstatSync(path, { throwIfNoEntry: false })?.isDirectory() === true;

/** Empty where there is not a plain file of a ref's size, a list of refs included. */
function fileText(path: string): string {
  const stat = lstatSync(path, { throwIfNoEntry: false });
  return stat?.isFile() === true && stat.size < 64 * 1_048_576 ? readFileSync(path, "utf8") : "";
}

const shaOrNone = (text: string): Sha | undefined => (isSha(text) && !/^0+$/.test(text) ? text : undefined);
