import {
  accessSync,
  closeSync,
  constants,
  existsSync,
  openSync,
  statfsSync,
  statSync,
  type Stats,
} from "node:fs";
import { dirname } from "node:path";
import { MAKE_ROOM, SluiceError } from "#domain/errors.ts";

/** Oldest library that two connections may share a file through: the WAL-reset defect corrupts it before 3.51.3. */
const OLDEST_SQLITE = [3, 51, 3] as const;

/** `statfs` types of NFS, SMB, SMB2, CIFS, AFS, Lustre, GPFS and Ceph: WAL needs shared memory of one host. */
const NETWORK_FILE_SYSTEMS = new Set([
  0x6969, 0x517b, 0xfe534d42, 0xff534d42, 0x5346414f, 0x0bd00bd0, 0x47504653, 0x00c36400,
]);

/** Whether a `statfs` type is that of a network file system, where SQLite loses writes. */
export const isNetworkFileSystem = (type: number): boolean => NETWORK_FILE_SYSTEMS.has(type >>> 0);

/** Refuses a SQLite library that can corrupt a shared file, with `unavailable`. @param version as `sqlite_version()` says it */
export function requireSafeSqlite(version: string): void {
  const parts = version.split(".").map(Number);
  for (const [place, oldest] of OLDEST_SQLITE.entries()) {
    const part = parts[place] ?? 0;
    if (part > oldest) return;
    if (part < oldest)
      throw new SluiceError(
        "unavailable",
        `SQLite ${version} can corrupt a shared file; at least ${OLDEST_SQLITE.join(".")} is needed`,
        { hint: "Use the program as it was released: it brings a newer library of its own" },
      );
  }
}

/**
 * Makes an empty file that its owner alone may read and write: whoever reads a workspace or a backup reads everything. SQLite gives the
 * files beside a workspace the same mode. Answers whether there was none.
 */
export function createPrivately(path: string): boolean {
  try {
    closeSync(openSync(path, "wx", 0o600));
    return true;
  } catch (cause) {
    if (existsSync(path)) return false;
    throw explain(cause, path);
  }
}

/**
 * Keeps which file an opened path is, and refuses, with `unavailable`, once the path leads to another or to none: what is written to
 * a file that was removed or replaced is lost without a word. Refuses a file with two names at once, since each name would have a
 * write-ahead log of its own.
 */
export function fileGuard(path: string): () => void {
  const opened = find(path);
  if (opened !== undefined && opened.nlink > 1)
    throw new SluiceError(
      "invalid",
      `${path} has ${opened.nlink} names (hard links), and writes through one would be missing in another`,
      {
        hint: "Remove all names but one; use symbolic links instead",
        details: { workspace: path },
      },
    );
  return () => {
    const now = find(path);
    if (now !== undefined && now.ino === opened?.ino && now.dev === opened.dev) return;
    throw new SluiceError(
      "unavailable",
      `${path} was ${now === undefined ? "removed" : "replaced by another file"} while it was open`,
      {
        hint: "Nothing was written. Put the file back or restore a backup, then start this program again",
        details: { workspace: path },
      },
    );
  };
}

const find = (path: string): Stats | undefined => statSync(path, { throwIfNoEntry: false });

/** What SQLite needs beside a file to open it: its shared memory. */
const ROOM_BYTES = 32_768;

/** A file that could not be opened or made, in the words of its cause. */
export function explain(error: unknown, path: string): unknown {
  if (error instanceof SluiceError || !(error instanceof Error)) return error;
  const code = "code" in error ? String(error.code) : "";
  const options = { details: { workspace: path }, cause: error };
  if (/^SQLITE_(CORRUPT|NOTADB)/.test(code))
    return new SluiceError("invalid", `${path} is damaged or not a SQLite file`, {
      hint: "Restore the newest backup into a new place; do not write to this file",
      ...options,
    });
  const folder = dirname(path);
  const { bavail, bsize, blocks } = statfsSync(folder);
  if (code === "ENOSPC" || code === "SQLITE_FULL" || (blocks > 0 && bavail * bsize < ROOM_BYTES))
    return new SluiceError("unavailable", `The disk of ${path} is full`, { hint: MAKE_ROOM, ...options });
  const [wrong, needed] = shutOut(path, folder);
  return new SluiceError("unavailable", `${path} cannot be opened: ${wrong}`, { hint: needed, ...options });
}

/** What keeps this account out of a file, and what to do. */
function shutOut(path: string, folder: string): readonly [string, string] {
  const may = (what: string, mode: number): boolean => {
    try {
      accessSync(what, mode);
      return true;
    } catch {
      return false;
    }
  };
  const { R_OK, W_OK } = constants;
  if (find(path)?.isDirectory() === true) return ["it is a folder", "Name a file in it"];
  if (!may(folder, W_OK))
    return [
      "its folder is read-only",
      "Give this account the right to write the folder: SQLite keeps its own files beside the workspace",
    ];
  if (existsSync(path) && !may(path, R_OK))
    return ["this account may not read it", "Give this account the right to read and write the file"];
  return [
    "the disk returned an error",
    "Check that you may read and write the file and its folder, and the disk",
  ];
}
