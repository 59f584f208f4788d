import { afterAll, beforeAll, expect, test } from "bun:test";
import fc from "fast-check";
import { EMPTY_SPEC, type Spec } from "#domain/item/spec.ts";
import { searchTokens } from "#domain/text/search-tokens.ts";
import type { Store } from "#operations/ports/store.ts";
import { human, openTestStore, type TestStore } from "#test/stores.ts";
import { eachStore } from "./each-store.ts";

const by = human();
const page = { limit: 200 };

async function hits(store: Store, search: string, projectId?: number): Promise<readonly string[]> {
  const { items } = await store.items.list({ filter: { search, projectId }, page });
  return items.map((item) => item.title).toSorted();
}

eachStore((bench) => {
  const add = async (projectId: number, title: string, spec: Partial<Spec> = {}) =>
    bench.add({ projectId, title, spec: { ...EMPTY_SPEC, ...spec } });

  test("SE1 words are found in any order, in the title and in every text of the spec", async () => {
    const { id } = await bench.project();
    await add(id, "Escape the query", { problem: "SQL injection in search", why: "A customer asked" });
    await add(id, "Other", { steps: [{ text: "Mend the gutter", optional: false }], risks: ["Rust"] });
    for (const search of ["escape query", "query escape", "INJECTION customer", "the"])
      expect(await hits(bench.store, search, id)).toContain("Escape the query");
    expect(await hits(bench.store, "gutter rust", id)).toEqual(["Other"]);
    expect(await hits(bench.store, "gutter injection", id)).toEqual([]);
  });

  test("SE2 a word ending in * finds what begins with it, a quoted phrase the words side by side", async () => {
    const { id } = await bench.project();
    await add(id, "injected code");
    await add(id, "code injection");
    expect(await hits(bench.store, "inject*", id)).toEqual(["code injection", "injected code"]);
    expect(await hits(bench.store, "inject", id)).toEqual([]);
    expect(await hits(bench.store, '"code injection"', id)).toEqual(["code injection"]);
    expect(await hits(bench.store, '"injection code"', id)).toEqual([]);
    expect(await hits(bench.store, '"code inj"', id)).toEqual([]);
    expect(await hits(bench.store, '"code injection', id)).toEqual(["code injection"]);
  });

  test("SE3 letter case, accents and forms of one letter make no difference", async () => {
    const { id } = await bench.project();
    for (const title of ["Café Zürich", "ΟΔΟΣ", "ﬁle ①", "Straße", "İstanbul", "Ελλάδα", "ёлка", "한국어"])
      await add(id, title);
    for (const [search, title] of [
      ["CAFE zurich", "Café Zürich"],
      ["cafe\u0301", "Café Zürich"],
      ["οδος", "ΟΔΟΣ"],
      ["οδοσ", "ΟΔΟΣ"],
      ["file 1", "ﬁle ①"],
      ["STRASSE", "Straße"],
      ["istanbul", "İstanbul"],
      ["ΕΛΛΑΔΑ", "Ελλάδα"],
      ["елка", "ёлка"],
      ["한국*", "한국어"],
    ] as const)
      expect(`${search}: ${(await hits(bench.store, search, id)).join()}`).toBe(
        `${search}: ${title.normalize("NFC")}`,
      );
  });

  test("a search follows the item's newest words", async () => {
    const { id: projectId } = await bench.project();
    const { id } = await add(projectId, "Old words", { problem: "gone" });
    await bench.store.items.edit({ by, id, changes: { title: "New words", spec: { problem: "here" } } });
    expect(await hits(bench.store, "old", projectId)).toEqual([]);
    expect(await hits(bench.store, "gone", projectId)).toEqual([]);
    expect(await hits(bench.store, "new here", projectId)).toEqual(["New words"]);
    await bench.store.items.edit({ by, id, changes: { title: "Newer words" } });
    expect(await hits(bench.store, "newer here", projectId)).toEqual(["Newer words"]);
  });

  test("SE5 operators, quotes and marks of the engines are only marks", async () => {
    const { id } = await bench.project();
    await add(id, "near and not the words");
    for (const mark of [
      "AND",
      "NEAR(",
      '"',
      "'",
      "*",
      ":",
      "-",
      ";",
      "(",
      "^",
      "|",
      "!",
      "&",
      "\\",
      "%",
      "words:near",
      "{",
      "<->",
    ])
      for (const search of [
        mark,
        `${mark} words`,
        `words ${mark}`,
        `wor${mark}ds`,
        `"${mark}`,
        `${mark}*`,
        `'${mark}'`,
      ])
        expect(Array.isArray(await hits(bench.store, search, id))).toBe(true);
    expect(await hits(bench.store, "words NEAR( near", id)).toEqual(["near and not the words"]);
    expect(await hits(bench.store, "words' ); drop table item; --", id)).toEqual([]);
    expect(await hits(bench.store, "  * \" ' ", id)).toEqual([]);
  });

  test("SE6 a body of a mebibyte is kept whole, and its first 256 KiB are found, in any script", async () => {
    const { id } = await bench.project();
    const syllables = (n: number) =>
      Array.from({ length: 3 }, (_, at) =>
        String.fromCodePoint(0xac00 + ((n * 7919 + at * 104_729) % 11_172)),
      ).join("");
    const hangul = Array.from({ length: 100_000 }, (_, n) => syllables(n))
      .join(" ")
      .slice(0, 340_000);
    for (const [name, body] of [
      ["long", `first ${"lorem ipsum dolor ".repeat(58_000)} last`],
      ["hangul", hangul],
      ["one word", "가".repeat(340_000)],
      ["ligatures", "ﷺ ".repeat(200_000)],
    ] as const) {
      const { id: itemId } = await add(id, name, { body });
      expect((await bench.get(itemId)).spec.body).toBe(body);
    }
    expect(await hits(bench.store, "first lorem", id)).toEqual(["long"]);
    expect(await hits(bench.store, "last", id)).toEqual([]);
    expect(await hits(bench.store, syllables(0), id)).toEqual(["hangul"]);
  });
});

const opened: TestStore[] = [];
beforeAll(async () => {
  opened.push(await openTestStore("sqlite"), await openTestStore("postgres"));
}, 30_000);
afterAll(async () => {
  for (const one of opened) await one.close();
});

const ALPHABETS = [
  "abcé ABC",
  "ßſıİKΣσς ",
  "日本語中文 かな",
  "\u0301\u0308e o\u200d\u00ad",
  "𠀀𠀁𝒜𝟘🦀 ",
  "กำ หิ न्म",
  // letters that came after Unicode 6.1, whose tables SQLite's own tokeniser has
  "ᦰᦱᧈᧉᳲ𐒰𐓘𞤀𞤢Ააꭰᏸ𫠠𰀀Ɪꬰࢠ𖹀𑄀 ",
  "0123_.-/@ ",
  "\"'*:-;()&|!\\^ ",
];
const letter = fc.oneof(
  ...ALPHABETS.map((text) => fc.constantFrom(...Array.from(text))),
  fc.string({ unit: "grapheme", minLength: 1, maxLength: 1 }),
);
const text = fc.array(letter, { minLength: 1, maxLength: 24 }).map((letters) => letters.join(""));

test("SE7 both databases find the same, and exactly what has all the words", async () => {
  const [left, right] = opened.map((one) => one.store);
  if (left === undefined || right === undefined) throw new Error("not open");
  const projects = await Promise.all(
    [left, right].map((store) => store.projects.add({ by, alias: "same", name: "Same" })),
  );
  await fc.assert(
    fc.asyncProperty(
      fc.array(text, { minLength: 1, maxLength: 5 }),
      fc.array(text, { maxLength: 4 }),
      async (titles, queries) => {
        const batch = crypto.randomUUID();
        for (const [at, store] of [left, right].entries())
          for (const [n, title] of titles.entries())
            await store.items.add({
              by,
              item: {
                projectId: projects[at]?.id ?? 0,
                title: `${n}-${batch}`,
                spec: { ...EMPTY_SPEC, problem: `x${title}x ${title}` },
                kind: "research",
                labels: [batch],
              },
            });
        const parts = titles.flatMap((title) => searchTokens(title));
        const heads = parts.map((word) => `${Array.from(word).slice(0, 2).join("")}*`);
        for (const search of [
          ...titles,
          ...queries,
          ...parts,
          ...heads,
          ...titles.map((title) => `"${title}"`),
        ]) {
          const filter = { search, label: batch };
          const [a, b] = await Promise.all(
            [left, right].map(async (store) =>
              (await store.items.list({ filter, page })).items.map((item) => item.title).toSorted(),
            ),
          );
          expect([search, a]).toEqual([search, b ?? []]);
        }
        for (const [n, title] of titles.entries())
          for (const word of new Set(searchTokens(title))) {
            const { items } = await left.items.list({ filter: { search: word, label: batch }, page });
            expect([word, items.some((item) => item.title === `${n}-${batch}`)]).toEqual([word, true]);
          }
      },
    ),
    { numRuns: 12 },
  );
}, 60_000);

test("folding a word twice changes nothing, and no word is longer than 64 characters", () => {
  fc.assert(
    fc.property(fc.oneof(text, fc.string({ unit: "binary", maxLength: 200 })), (any) => {
      const words = searchTokens(any);
      for (const word of words) {
        expect(searchTokens(word)).toEqual([word]);
        expect(Array.from(word).length).toBeLessThanOrEqual(64);
        expect(word.isWellFormed()).toBe(true);
      }
    }),
    { numRuns: 300 },
  );
});
