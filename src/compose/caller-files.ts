import { chmodSync, readFileSync, realpathSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { resolve } from "node:path";
import { refusedBySystem, SluiceError } from "#domain/errors.ts";
import type { Files } from "#operations/ports/files.ts";

/** Largest file read whole: 16 MiB. */
const MAX_FILE_BYTES = 16 * 1_048_576;

/** Files of this machine, relative to a folder. */
export function localFiles(cwd: string): Files {
  const absolute = (path: string): string => resolve(cwd, path);
  return {
    resolve: (path) => realPath(absolute(path)),
    read: async (path) => readPlain(absolute(path)),
    write: async (path, bytes) => replaceFile(realPath(absolute(path)), bytes),
  };
}

function realPath(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    return path;
  }
}

function readPlain(path: string): Uint8Array {
  const facts = statSync(path, { throwIfNoEntry: false });
  if (facts === undefined)
    throw new SluiceError("not_found", `There is no file ${path}`, {
      hint: "Check the path",
      details: { field: "file", value: path },
    });
  if (!facts.isFile() || facts.size > MAX_FILE_BYTES)
    throw new SluiceError("invalid", `${path} is not a file of at most 16 MiB`, {
      details: { field: "file", value: path },
    });
  try {
    return readFileSync(path);
  } catch (error) {
    throw new SluiceError("denied", `${path} cannot be read`, {
      hint: "Check its permissions",
      cause: error,
    });
  }
}

function replaceFile(path: string, bytes: Uint8Array): void {
  const draft = `${path}.${process.pid}.draft`;
  try {
    rmSync(draft, { force: true }); // of a process that had this number and was killed
    writeFileSync(draft, bytes, { flag: "wx" });
    const facts = statSync(path, { throwIfNoEntry: false });
    if (facts !== undefined) chmodSync(draft, facts.mode & 0o7777);
    renameSync(draft, path);
  } catch (error) {
    rmSync(draft, { force: true });
    throw (
      refusedBySystem(error) ??
      new SluiceError("invalid", `${path} cannot be written`, {
        hint: "Name a file in a folder that exists",
        details: { field: "file", value: path },
        cause: error,
      })
    );
  }
}
