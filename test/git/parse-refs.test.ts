import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { parseRefs } from "#domain/git-ref/parse-refs.ts";

const found = (text: string) => parseRefs(text, ["OB", "XY"]).map(({ ref }) => ref);
const closing = (text: string) =>
  parseRefs(text, ["OB"])
    .filter(({ closes }) => closes)
    .map(({ ref }) => ref);

describe("refs in text", () => {
  test("GI1 a ref is found anywhere in a subject or body, with its offset, in order", () => {
    const text =
      "OB-27081 H2/M2 — close /register\n\nRefs: OB-12, OB-14; (OB-15) [OB-16]: XY-1. OB-2—x “OB-3” #OB-4";
    expect(found(text)).toEqual("OB-27081 OB-12 OB-14 OB-15 OB-16 XY-1 OB-2 OB-3 OB-4".split(" "));
    for (const { ref, offset } of parseRefs(text, ["OB", "XY"]))
      expect(text.startsWith(ref, offset)).toBe(true);
  });

  test("the parts named right after a ref are kept", () => {
    expect(parseRefs("OB-27081 H2/M2 — close /register", ["OB"])).toEqual([
      { ref: "OB-27081", sub: ["H2", "M2"], closes: false, offset: 0 },
    ]);
    expect(parseRefs("OB-1 HTTP2 and OB-2 H2-fix and OB-3: M1", ["OB"]).filter(({ sub }) => sub)).toEqual([]);
  });

  test("a ref inside a longer word, an address or a path is none", () => {
    const none = [
      [
        "FOOB-12",
        "OB-12a",
        "OB-12-fix",
        "x_OB-12",
        "OB-12_x",
        "ÄOB-12",
        "OB-12é",
        "OB-12̈",
        "ob-12",
        "OB-0",
        "OB-012",
      ],
      [
        "OB-1234567890123456",
        "sluice/OB-12-R31-slug",
        "docs/OB-12.md",
        "OB-12.md",
        "./OB-12",
        "a\\OB-12",
        "OB-12/a",
      ],
      [
        "https://x.org/b?q=OB-12",
        "https://x.org/#OB-12",
        "(see https://x.org/OB-12)",
        "git@host:OB-12",
        "a@b.c:OB-12",
      ],
      ["x.org/?a=OB-12", "ssh://h/(OB-12)", "/tmp/a(OB-12)", "~/a=OB-12", "C:\\OB-12", "OB-12@x", "%OB-12"],
    ].flat();
    for (const text of none) expect([text, found(text)]).toEqual([text, []]);
    expect(found("foo OB-12.")).toEqual(["OB-12"]);
  });

  test("a ref inside a code span or fenced code is none; an unclosed backtick hides nothing", () => {
    expect(found("`OB-1` ``a ` OB-2`` OB-3 `OB-4")).toEqual(["OB-3", "OB-4"]);
    expect(found("```\nOB-1\n```\nOB-2\n~~~ js\nOB-3\n\nOB-4\n~~~\nOB-5\n```\nOB-6")).toEqual([
      "OB-2",
      "OB-5",
    ]);
    expect(found("` one paragraph\n\nOB-1 ` another")).toEqual(["OB-1"]);
  });

  test("GI5 a line that begins with a closing verb right before refs closes them", () => {
    const all = [
      "Closes",
      "close",
      "Closed",
      "closing",
      "fix",
      "Fixes",
      "FIXED",
      "Resolve",
      "resolved",
      "Implements",
    ];
    for (const verb of all) expect([verb, closing(`${verb} OB-3`)]).toEqual([verb, ["OB-3"]]);
    expect(closing("Fixed OB-4: a zone per reader")).toEqual(["OB-4"]);
    expect(closing("fixes **OB-10**")).toEqual(["OB-10"]);
    expect(closing("Closes OB-9, OB-10 and OB-11, which OB-12 began")).toEqual(["OB-9", "OB-10", "OB-11"]);
    expect(
      closing("Add zones\n\nA zone per reader now.\nCloses OB-1.\nFixes OB-2\n\n- Resolves OB-3"),
    ).toEqual(["OB-1", "OB-2", "OB-3"]);
    expect(closing("Zones\n\nReviewed-by: A B <a@b.c>\nCloses: OB-5\nFixes:OB-6")).toEqual(["OB-5", "OB-6"]);
  });

  test("GI5 a mention, prose, a hedge, a quotation, a comment, a part or an unfinished commit closes nothing", () => {
    const nothing = [
      [
        "Refs OB-1",
        "OB-1 closes",
        "encloses OB-1",
        "un-fixes OB-1",
        "Closes\nOB-1",
        "Closes: the door (OB-1)",
      ],
      [
        "I do not think this closes OB-1",
        "This does not\nfix OB-1",
        "Zones\n\nI do not think that this\ncloses OB-1",
      ],
      [
        "Note: this hardly\nfixes OB-1",
        "Zones\n\nNote: this hardly\nfixes OB-1",
        "work; Fixes OB-1",
        "feat: closes OB-1",
      ],
      ["WIP: fixes OB-1", "[WIP] zones\n\nFixes OB-1", "draft: x\n\nFixes OB-1", "wip fixes OB-1"],
      [
        "Fixes OB-1 partially",
        "Fixes OB-1 in part",
        "Closes OB-1?",
        "fixes **OB-1**?",
        "Implements OB-1 (step 1 of 3)",
      ],
      [
        "fixup! Fixes OB-1",
        "squash! zones\n\nFixes OB-1",
        'Revert "Closes OB-1"',
        'Reapply "x"\n\nCloses OB-1',
      ],
      ["> Closes OB-1", '"Closes OB-1"', "# Closes OB-1", "x\n\n<!-- for example:\n\nCloses OB-1\n-->"],
      ["Closes OB-1 H2/M2", "fix: OB-1 has no zone"],
    ].flat();
    for (const text of nothing) expect([text, found(text), closing(text)]).toEqual([text, ["OB-1"], []]);
  });

  test("letters of scripts without spaces between words do not hide a ref", () => {
    for (const text of ["修复OB-3的问题", "OB-3を直す", "OB-3을 고침", "แก้OB-3แล้ว", "ユーザーOB-3"])
      expect([text, found(text)]).toEqual([text, ["OB-3"]]);
  });

  test("law: a ref alone among words is found once at its place, whatever the prefixes, and glued to a letter never", () => {
    const word = fc.stringMatching(/^[a-z ,;]{0,20}$/);
    const number = fc.integer({ min: 1, max: 999_999_999 });
    const prefix = fc.stringMatching(/^[A-Z][A-Z0-9]{1,8}$/);
    fc.assert(
      fc.property(word, prefix, number, word, (before, name, n, after) => {
        const ref = `${name}-${n}`;
        const text = `${before} ${ref} ${after}`;
        expect(parseRefs(text, [name])).toMatchObject([{ ref, offset: before.length + 1 }]);
        expect(parseRefs(`${before}x${ref} ${ref}y${after}`, [name])).toEqual([]);
        expect(parseRefs(`\`${text}\``, [name])).toEqual([]);
      }),
    );
  });

  test("GI7 law: any text at all is read in order without overlap, and quickly where it is hostile", () => {
    fc.assert(
      fc.property(
        fc.array(
          fc.constantFrom("OB-1", "`", "``", "\n", "\n\n", " ", "/", "https://", "Closes ", "~~~", "@", "x"),
        ),
        (parts) => {
          const refs = parseRefs(parts.join(""), ["OB"]);
          expect(refs.every((ref, at) => at === 0 || ref.offset > (refs[at - 1]?.offset ?? -1))).toBe(true);
        },
      ),
    );
    for (const bit of ["a", "a.", "`", "` ", "``\n", "a@", "OB-1 ", "OB-1/", "`OB-1` ", "http://"]) {
      const text = `OB-1 ${bit.repeat(65_536 / bit.length)} OB-1`;
      const from = process.cpuUsage();
      parseRefs(text, ["OB"]);
      const { user, system } = process.cpuUsage(from);
      expect([bit, user + system < 2_000_000]).toEqual([bit, true]);
    }
  });
});
