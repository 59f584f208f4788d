import { readFile } from "node:fs/promises";
import { resolve } from "node:path";
import { SluiceError } from "#domain/errors.ts";

/** Reads files for commands that open no workspace, relative to `cwd`. Refuses with `not_found` what cannot be read. */
export function localFiles(cwd: string): { readonly read: (path: string) => Promise<Uint8Array> } {
  return {
    read: async (path) => {
      try {
        return await readFile(resolve(cwd, path));
      } catch (error) {
        throw new SluiceError("not_found", `${path} cannot be read`, {
          hint: "Check the path and its permissions",
          details: { field: "file", value: path },
          cause: error,
        });
      }
    },
  };
}
