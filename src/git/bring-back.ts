import {
  closeSync,
  copyFileSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  renameSync,
  openSync,
  readSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { SluiceError } from "#domain/errors.ts";
import type { Sha } from "#domain/git-ref/sha.ts";
import { decode, gitFailed, type GitRunner } from "./run-git.ts";

/** A run changes some hundred files; far more means that it committed what it built. */
const MAX_OBJECTS = 200_000;
/** Contents as they are checked out, and as they are packed. */
const MAX_BYTES = 1024 ** 3;
const MAX_PACK_BYTES = 512 * 1024 ** 2;
/** Fewer objects are stored one by one, so that a repository does not get a pack for each run. */
const LOOSE = 100;

interface Parcel {
  /** A git directory of ours that sees the run's objects. */
  readonly from: string;
  /** Common directory of the registered repository. */
  readonly repo: string;
  readonly head: Sha;
  readonly base: Sha;
}

/**
 * Copies one commit with what it needs into the registered repository. Refuses with `denied`, and changes nothing, what git itself holds
 * for malformed or hostile (`--strict`), what is not whole, and what is past the limits of number and size.
 */
export async function bringBack(git: GitRunner, { from, repo, head, base }: Parcel): Promise<void> {
  const objects = await objectsOf(git, { from, head, base });
  const stdin = objects.map((sha) => `${sha}\n`).join("");
  await limitSize(git, from, stdin);
  const args = ["pack-objects", "--stdout", "-q"];
  const pack = await git.run({ cwd: from, args, stdin, maxBytes: MAX_PACK_BYTES });
  if (pack.exit !== 0) throw gitFailed(args, pack.stderr);
  const limit = `--max-input-size=${MAX_PACK_BYTES}`;
  const take =
    objects.length <= LOOSE
      ? ["unpack-objects", "-q", "--strict", limit]
      : ["index-pack", "--stdin", "--strict", limit];
  const taken = await git.run({ cwd: repo, args: take, stdin: pack.stdout });
  if (taken.exit !== 0) throw refused(taken.stderr);
  const whole = ["rev-list", "--objects", "--quiet", head, "--not", "--all"];
  const walked = await git.run({ cwd: repo, args: whole });
  if (walked.exit !== 0) throw refused(walked.stderr);
}

/** Names of the objects that the commit has and its base has not. */
async function objectsOf(
  git: GitRunner,
  { from, head, base }: Omit<Parcel, "repo">,
): Promise<readonly string[]> {
  const list = await git.run({ cwd: from, args: ["rev-list", "--objects", head, `^${base}`] });
  if (list.exit !== 0) throw refused(list.stderr);
  const names = decode(list.stdout)
    .split("\n")
    .filter((line) => line !== "");
  if (names.length > MAX_OBJECTS) throw tooMuch(`${names.length} objects; the limit is ${MAX_OBJECTS}`);
  return names.map((line) => line.split(" ", 1)[0] ?? "");
}

async function limitSize(git: GitRunner, from: string, stdin: string): Promise<void> {
  const sizes = await git.text({
    cwd: from,
    args: ["cat-file", "--batch-check=%(objectsize)", "--buffer"],
    stdin,
  });
  const bytes = sizes.split("\n").reduce((sum, size) => sum + Number(size), 0);
  if (!(bytes <= MAX_BYTES)) throw tooMuch(`${bytes} bytes of contents; the limit is ${MAX_BYTES}`);
}

export const refused = (said: string): SluiceError =>
  new SluiceError(
    "denied",
    `Git refuses the run's commits: ${said.trim().split("\n").slice(-3).join("; ")}`,
    {
      hint: "Look at what the run committed; nothing of it was taken over",
    },
  );

const tooMuch = (what: string): SluiceError =>
  new SluiceError("denied", `The run's commits hold ${what}`, {
    hint: "Make git ignore what it builds; nothing of it was taken over",
  });

/** Contents that git-lfs keeps beside git's own objects, each under the name of its content, which is checked. */
export function carryLfs(own: string, repo: string): void {
  const root = join(own, "lfs", "objects");
  for (const first of folders(root))
    for (const second of folders(join(root, first)))
      for (const oid of files(join(root, first, second))) {
        const to = join(repo, "lfs", "objects", first, second, oid);
        if (!/^[0-9a-f]{64}$/.test(oid) || existsSync(to)) continue;
        const file = join(root, first, second, oid);
        if (contentName(file) !== oid) continue;
        mkdirSync(dirname(to), { recursive: true });
        copyFileSync(file, `${to}.part`);
        renameSync(`${to}.part`, to);
      }
}

/** In parts: what people keep in git-lfs is larger than memory. */
function contentName(file: string): string {
  const hash = new Bun.CryptoHasher("sha256");
  const part = Buffer.alloc(1024 ** 2);
  const descriptor = openSync(file, "r");
  try {
    for (let size = readSync(descriptor, part); size > 0; size = readSync(descriptor, part))
      hash.update(part.subarray(0, size));
    return hash.digest("hex");
  } finally {
    closeSync(descriptor);
  }
}

const entries = (dir: string) =>
  lstatSync(dir, { throwIfNoEntry: false })?.isDirectory() === true
    ? readdirSync(dir, { withFileTypes: true })
    : [];
const folders = (dir: string): readonly string[] =>
  entries(dir).flatMap((one) => (one.isDirectory() ? [one.name] : []));
const files = (dir: string): readonly string[] =>
  entries(dir).flatMap((one) => (one.isFile() ? [one.name] : []));
