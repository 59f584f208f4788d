import { readFile } from "node:fs/promises";
import { resolve } from "node:path";
import { SluiceError } from "#domain/errors.ts";
import type { Files } from "#operations/ports/files.ts";
import type { TextSource } from "./surroundings.ts";
import type { FileValue } from "./flag-reader.ts";

/** The texts of `--body-file` and the like, by field. Refuses with `invalid` what is not UTF-8. */
export async function readFiles(
  wanted: readonly FileValue[],
  files: Pick<Files, "read">,
  stdin: TextSource,
): Promise<Readonly<Record<string, string>>> {
  if (wanted.filter((file) => file.path === "-").length > 1)
    throw new SluiceError("invalid", "Standard input can be read for one flag only", {
      hint: "Give the other text from a file",
      details: { field: wanted[0]?.label, value: "-", accepted: "a file" },
    });
  const texts: [string, string][] = [];
  for (const { field, label, path } of wanted) {
    const bytes = path === "-" ? await stdin.bytes() : await files.read(path);
    texts.push([field, decode(bytes, label, path)]);
  }
  return Object.fromEntries(texts);
}

function decode(bytes: Uint8Array, label: string, path: string): string {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    throw new SluiceError("invalid", `${label} ${path === "-" ? "(standard input)" : path} is not UTF-8`, {
      hint: "Convert it, for example with: iconv -f latin1 -t utf-8",
      details: { field: label, value: path, accepted: "UTF-8 text" },
    });
  }
}

/** Reads files for commands that open no workspace, relative to `cwd`. Refuses with `not_found` what cannot be read. */
export function filesIn(cwd: string): { readonly read: (path: string) => Promise<Uint8Array> } {
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
