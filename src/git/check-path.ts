import { invalidField } from "#domain/errors.ts";

/** A path inside a repository as git spells it: relative, no empty, `.` or `..` part, no NUL; a last slash is dropped. */
export function checkPath(path: string): string {
  const clean = path.replace(/\/+$/, "");
  const parts = clean.split("/");
  if (
    clean === "" ||
    clean.includes("\0") ||
    parts.some((part) => part === "" || part === "." || part === "..")
  )
    throw invalidField("path", path, "a relative path without . or .. parts");
  return clean;
}
