import { z } from "zod";
import { invalidField } from "#domain/errors.ts";

/** Answers whose one thing has a version: its tag is what `If-Match` takes. */
const Versioned = z.union([
  z.object({ item: z.object({ version: z.int() }) }).transform(({ item }) => item.version),
  z.object({ project: z.object({ version: z.int() }) }).transform(({ project }) => project.version),
  z.object({ repo: z.object({ version: z.int() }) }).transform(({ repo }) => repo.version),
]);

/** Tag of an answer about one thing that has a version. */
export function itemTag(answer: unknown): string | undefined {
  const version = Versioned.safeParse(answer);
  return version.success ? `"${version.data}"` : undefined;
}

/** Tag of any other answer: a hash of its text, weak because equal answers may differ in form. */
export const bodyTag = (text: string): string => `W/"${Bun.hash(text).toString(36)}"`;

/** The version that `If-Match` asks for; undefined where it asks for none or any. */
export function versionOf(ifMatch: string | null): number | undefined {
  if (ifMatch === null || ifMatch === "*") return undefined;
  const version = /^"(\d{1,15})"$/.exec(ifMatch)?.[1];
  if (version === undefined) throw invalidField("If-Match", ifMatch, 'the ETag of an item, like "3"');
  return Number(version);
}
