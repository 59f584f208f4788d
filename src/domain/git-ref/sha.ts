import { z } from "zod";
import { invalidField } from "#domain/errors.ts";

/** Git keeps whole seconds: a commit may seem up to this much older than it is. */
export const GIT_SECOND_MS = 1_000;

const OBJECT_NAME = /^(?:[0-9a-f]{40}|[0-9a-f]{64})$/;

/** A full object name in lower-case hexadecimal: 40 characters (SHA-1) or 64 (SHA-256). */
export const Sha = z.string().regex(OBJECT_NAME).brand<"Sha">();
export type Sha = z.infer<typeof Sha>;

export function isSha(text: string): text is Sha {
  return OBJECT_NAME.test(text);
}

/** Refuses with `invalid` what is not a full object name. */
export function parseSha(text: string): Sha {
  if (isSha(text)) return text;
  throw invalidField("commit", text, "a full commit id of 40 or 64 hexadecimal digits");
}
