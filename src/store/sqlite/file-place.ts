import { statSync, type Stats } from "node:fs";
import { SluiceError } from "#domain/errors.ts";

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
 * Remembers which file an opened path is and refuses, with `unavailable`, once the path leads to another or to none: what is written to
 * a file that was removed or replaced is lost without a word. Refuses a file with two names at once, since each name would have a
 * write-ahead log of its own.
 */
export function fileGuard(path: string): () => void {
  const opened = find(path);
  if (opened !== undefined && opened.nlink > 1)
    throw new SluiceError(
      "invalid",
      `${path} has ${opened.nlink} names (hard links), and each would keep writes of its own`,
      {
        hint: "Leave the file one name; a symbolic link may lead to it",
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
