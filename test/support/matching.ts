import { expect } from "bun:test";

/** Any text, in a `toMatchObject`. */
export const anyText: unknown = expect.any(String);

/** A text that contains a part. */
export const textWith = (part: string): unknown => expect.stringContaining(part);

/** A list that contains entries with at least these fields, among others and in any order. */
export function listWith(...entries: readonly object[]): unknown {
  const matchers: readonly unknown[] = entries.map((entry): unknown => expect.objectContaining(entry));
  return expect.arrayContaining([...matchers]);
}
