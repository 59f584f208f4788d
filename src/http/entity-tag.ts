import { z } from "zod";
import { invalidField } from "#domain/errors.ts";

/** Answers whose one thing has a version: its tag is what `If-Match` takes. */
const Versioned = z.union([
  z.object({ item: z.object({ version: z.int() }) }).transform(({ item }) => item.version),
  z.object({ project: z.object({ version: z.int() }) }).transform(({ project }) => project.version),
  z.object({ repo: z.object({ version: z.int() }) }).transform(({ repo }) => repo.version),
]);

/** The version of the one thing that an answer is about. */
function versionIn(answer: unknown): number | undefined {
  return Versioned.safeParse(answer).data;
}

/**
 * Tag of what was read: a hash of its text, after the version where it is about one thing that has one. Notes, links and leases
 * change an item's answer and not its version. Weak without a version, since equal answers may differ in form.
 */
export function readTag(answer: unknown, text: string): string {
  const version = versionIn(answer);
  const hash = Bun.hash(text).toString(36);
  return version === undefined ? `W/"${hash}"` : `"${version}-${hash}"`;
}

/** Tag of what a change answered: the version it made. */
export function changeTag(answer: unknown): string | undefined {
  const version = versionIn(answer);
  return version === undefined ? undefined : `"${version}"`;
}

/** Whether a reader that has these tags, as `If-None-Match` names them, has this answer. */
export function isAmong(tag: string, known: string): boolean {
  const plain = (one: string) => one.trim().replace(/^W\//, "");
  return known.split(",").some((one) => plain(one) === plain(tag));
}

/** The version that `If-Match` asks for, the number alone included; undefined where it asks for none or any. */
export function versionOf(ifMatch: string | null): number | undefined {
  if (ifMatch === null || ifMatch === "*") return undefined;
  const [, quoted, bare] = /^(?:"(\d{1,15})(?:-[0-9a-z]{1,32})?"|(\d{1,15}))$/.exec(ifMatch) ?? [];
  const version = quoted ?? bare;
  if (version === undefined) throw invalidField("If-Match", ifMatch, 'the ETag of an item, like "3"');
  return Number(version);
}
