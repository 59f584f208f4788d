import { expect, test } from "bun:test";
import fc from "fast-check";
import { Body, Label, Line, MAX_BODY_BYTES, MAX_TITLE, Title } from "#domain/text/bounded-text.ts";

const taken = (schema: { safeParse: (text: string) => { success: boolean } }, text: string) =>
  schema.safeParse(text).success;

test("ST30 a title is one visible line of 1 to 500 characters, however many bytes they have", () => {
  for (const good of ["a", "👩".repeat(MAX_TITLE), "?", "日本", "x".repeat(MAX_TITLE), " a "])
    expect([good.slice(0, 20), taken(Title, good)]).toEqual([good.slice(0, 20), true]);
  for (const bad of [
    "",
    " ",
    "\u200b",
    "\u2060\u200d",
    "\u00ad",
    "x".repeat(MAX_TITLE + 1),
    "a\nb",
    "a\tb",
    "a\u0000",
    "a\u007f",
    "a\u0085",
    "a\u2028b",
    "a\u202eb",
    "\ud800",
  ])
    expect([bad.slice(0, 20), taken(Title, bad)]).toEqual([bad.slice(0, 20), false]);
  expect(Title.parse("  Mend the roof ")).toBe("Mend the roof");
});

test("ST31 a body is at most 1 MiB of UTF-8, with line ends and tabs and no other control character", () => {
  for (const good of ["", "a\r\n\tb", "x".repeat(MAX_BODY_BYTES), "é".repeat(MAX_BODY_BYTES / 2)])
    expect(taken(Body, good)).toBe(true);
  for (const bad of [
    "x".repeat(MAX_BODY_BYTES + 1),
    "é".repeat(MAX_BODY_BYTES / 2 + 1),
    "a\u0000b",
    "\u001b[31m",
    "\u009b",
    "\udfff",
  ])
    expect(taken(Body, bad)).toBe(false);
});

test("ST32 a label has 1 to 64 characters and no comma; a step or risk is not blank", () => {
  for (const good of ["a", "needs review", "x".repeat(64), "日本"]) expect(taken(Label, good)).toBe(true);
  for (const bad of ["", " a", "a,b", "x".repeat(65), "a\nb", "a\u0007"])
    expect(taken(Label, bad)).toBe(false);
  for (const bad of ["", "  ", "\u0000", "x".repeat(20_001)]) expect(taken(Line, bad)).toBe(false);
});

test("what is taken is stored in form NFC, and taken again as it is", () => {
  expect(Title.parse("Cafe\u0301")).toBe("Café");
  fc.assert(
    fc.property(fc.string({ unit: "binary", maxLength: 40 }), (text) => {
      for (const schema of [Title, Body, Label, Line]) {
        const first = schema.safeParse(text);
        if (!first.success) continue;
        expect(first.data).toBe(first.data.normalize("NFC"));
        expect(schema.parse(first.data)).toBe(first.data);
        expect(first.data.isWellFormed()).toBe(true);
      }
    }),
    { numRuns: 1_000 },
  );
});
