import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { z } from "zod";
import { ERROR_CATALOGUE } from "#domain/errors.ts";
import { inputOf, NOW, run } from "./run-sample.ts";

const Refusal = z.object({ error: z.record(z.string(), z.unknown()) });
const add = (...flags: string[]) => inputOf(["item", "add", "-t", "x", ...flags]);
const refusal = async (...argv: string[]) => {
  const ran = await run(["--json", ...argv]);
  expect(ran.code).toBe(2);
  expect(ran.opened).toEqual([]);
  const { error } = Refusal.parse(JSON.parse(ran.stderr));
  expect(error.code).toBe("invalid");
  return error;
};

describe("reading flags and words", () => {
  test("CM10 a value follows its flag or an equals sign", async () => {
    expect(await add("--if-version", "3")).toMatchObject({ title: "x", ifVersion: 3 });
    expect(await add("--if-version=3", "--lane=a=b")).toMatchObject({ ifVersion: 3, lane: "a=b" });
    expect(await inputOf(["item", "add", "--title", "long"])).toMatchObject({ title: "long" });
    expect(await inputOf(["item", "add", "-t=short"])).toMatchObject({ title: "short" });
  });

  test("a value with a dash needs an equals sign or two dashes", async () => {
    expect(await refusal("item", "add", "--title", "-x")).toMatchObject({
      message: "--title needs a value",
      hint: "A value that starts with a dash is written --title=-x",
    });
    expect(await refusal("item", "add", "--title")).toMatchObject({ hint: "Write --title=VALUE" });
    expect(await inputOf(["item", "add", "--title=-x"])).toMatchObject({ title: "-x" });
    expect(await inputOf(["claim", "--", "-x"])).toMatchObject({ ref: "-x" });
    expect(await refusal("item", "list", "--limit", "-5")).toMatchObject({
      message: '--limit is "-5", expected at least 1',
    });
  });

  test("switches are on, off, or written out", async () => {
    expect(await add("--hold", "--no-notify")).toMatchObject({ hold: true, notify: false });
    expect(await add("--hold=false")).toMatchObject({ hold: false, notify: true });
    expect(await refusal("item", "add", "-t", "x", "--hold=maybe")).toMatchObject({
      message: '--hold is "maybe", expected true or false',
    });
    expect(await refusal("item", "add", "-t", "x", "--no-lane")).toMatchObject({
      message: "sluice item add has no flag --no-lane",
    });
  });

  test("CM13 a list is filled by repeating, anything else is given once", async () => {
    expect(await add("--label", "a", "--label=b")).toMatchObject({ labels: ["a", "b"] });
    expect(await refusal("item", "add", "-t", "x", "--title", "y")).toMatchObject({
      message: "--title is given more than once",
    });
  });

  test("CM14 an enum takes its values and suggests near ones", async () => {
    expect(await add("--kind", "research")).toMatchObject({ kind: "research" });
    expect(await refusal("item", "add", "-t", "x", "--kind", "cod")).toMatchObject({
      message: '--kind is "cod", expected one of code, research',
      hint: "Did you mean code?",
    });
  });

  test("CM15 durations carry a unit", async () => {
    expect(await inputOf(["claim", "OB-1", "--ttl", "15m"])).toMatchObject({ ttl: 900_000 });
    expect(await inputOf(["claim", "OB-1", "--ttl", "1h30m"])).toMatchObject({ ttl: 5_400_000 });
    expect((await refusal("claim", "--ttl", "90")).message).toContain("expected a duration such as");
    expect(await refusal("claim", "--ttl", "5s")).toMatchObject({
      message: '--ttl is "5s", expected at least 30s',
    });
  });

  test("CM16 times are dates, moments, or distances from now", async () => {
    const until = async (text: string) => await inputOf(["finish", "L", "--until", text]);
    expect(await until("2h")).toMatchObject({ until: NOW + 7_200_000 });
    expect(await until("2026-12-01T09:30Z")).toMatchObject({ until: Date.UTC(2026, 11, 1, 9, 30) });
    expect(await until("2026-12-01")).toMatchObject({ until: new Date(2026, 11, 1).getTime() });
    const day = new Date(NOW);
    const midnight = new Date(day.getFullYear(), day.getMonth(), day.getDate() + 1).getTime();
    expect(await until("tomorrow")).toMatchObject({ until: midnight });
    expect((await refusal("finish", "L", "--until", "2026-02-30")).message).toContain("expected a time");
  });

  test("pairs are split at the first equals sign", async () => {
    expect(await inputOf(["finish", "L", "--evidence", "commit=a=b", "--evidence", "url=u"])).toMatchObject({
      evidence: [
        { kind: "commit", value: "a=b" },
        { kind: "url", value: "u" },
      ],
    });
    const input = await inputOf(["finish", "L", "--field", "a=1", "--field", "constructor=2"]);
    expect(JSON.stringify(input)).toContain('"fields":{"a":"1","constructor":"2"}');
    expect(await refusal("finish", "L", "--evidence", "commit")).toMatchObject({
      message: '--evidence is "commit", expected key=value',
    });
    expect((await refusal("finish", "L", "--field", "a=1", "--field", "a=2")).message).toContain(
      "more than once",
    );
  });

  test("CM18 a text comes from a file or standard input, in UTF-8", async () => {
    const dir = mkdtempSync(join(tmpdir(), "sluice-cli-"));
    try {
      writeFileSync(join(dir, "body.md"), "größer\n");
      writeFileSync(join(dir, "latin1.md"), Buffer.from([0x67, 0xf6]));
      expect(await add("--body-file", join(dir, "body.md"))).toMatchObject({ body: "größer\n" });
      expect(await add("--body", "inline")).toMatchObject({ body: "inline" });
      const input = new TextEncoder().encode("piped");
      expect(await inputOf(["item", "add", "-t", "x", "--body-file", "-"], { input })).toMatchObject({
        body: "piped",
      });
      const latin1 = await run(["item", "add", "-t", "x", "--body-file", join(dir, "latin1.md")]);
      expect(latin1.code).toBe(2);
      expect(latin1.stderr).toContain("is not UTF-8");
      expect((await run(["item", "add", "-t", "x", "--body", "a", "--body-file", "-"])).code).toBe(2);
    } finally {
      rmSync(dir, { recursive: true });
    }
  });

  test("CM19 words fill the positional fields in order", async () => {
    expect(await inputOf(["gate", "approve", "C-1", "C-2"])).toEqual({ candidates: ["C-1", "C-2"] });
    expect((await refusal("claim", "OB-1", "two")).message).toBe('"two" is one word too many');
    expect((await refusal("item", "list", "x")).hint).toStartWith("This command takes no words");
    expect((await refusal("item", "add", "Two words")).hint).toStartWith(
      "This command takes no words, for example: sluice item add -t",
    );
  });

  test("an unknown flag is refused with the nearest", async () => {
    expect(await refusal("item", "add", "-t", "x", "--titel", "y")).toMatchObject({
      message: "sluice item add has no flag --titel",
      hint: "Did you mean --title?",
    });
    expect((await refusal("--frobnicate")).message).toBe("sluice has no flag --frobnicate");
  });

  test("CM21 what is missing is named with an example", async () => {
    expect(await refusal("item", "add")).toMatchObject({
      message: "--title is missing",
      hint: 'Give --title, for example: sluice item add -t "Fix the login"',
    });
    expect((await refusal("gate", "approve")).message).toBe("CANDIDATE is missing");
  });

  test("a refusal of the schema names flag, value and what is accepted", async () => {
    expect(await refusal("item", "add", "-t", "")).toMatchObject({
      message: '--title is "", expected visible text',
      details: { field: "--title", value: "", accepted: "visible text" },
    });
    expect(await refusal("item", "list", "--limit", "5000")).toMatchObject({
      message: '--limit is "5000", expected at most 1000',
    });
    expect((await refusal("item", "add", "-t", "x", "--label", "a,b")).message).toBe(
      '--label is "a,b", expected 1 to 64 characters, no comma',
    );
  });

  test("CM23 lease and project come from the global flag or the environment", async () => {
    const env = { SLUICE_LEASE: "from-env", SLUICE_PROJECT: "app" };
    expect(await inputOf(["finish"], { env })).toMatchObject({ lease: "from-env" });
    expect(await inputOf(["finish", "--lease", "flag"], { env })).toMatchObject({ lease: "flag" });
    expect(await inputOf(["finish", "word"], { env })).toMatchObject({ lease: "word" });
    expect((await refusal("finish")).message).toBe("LEASE is missing");
  });

  test("broken text is refused", async () => {
    expect(await refusal("item", "add", "-t", "a\uFFFDb")).toMatchObject({
      message: "Argument 5 is not valid UTF-8",
    });
    expect((await refusal("item", "add", "-t", "a\uD800")).message).toContain("not valid UTF-8");
  });

  test("an object with one required text is written as text", async () => {
    expect(await add("--step", "read", "--step", "write")).toMatchObject({
      steps: [
        { text: "read", optional: false },
        { text: "write", optional: false },
      ],
    });
  });

  test("CM26 any line ends with an exit code of the catalogue", async () => {
    const exits = new Set<number>([0, ...Object.values(ERROR_CATALOGUE).map((entry) => entry.exit)]);
    const word = fc.oneof(
      fc.string({ unit: "binary", maxLength: 12 }),
      fc.constantFrom(
        "item",
        "add",
        "claim",
        "finish",
        "--",
        "-",
        "--title",
        "-t",
        "--json",
        "--no-hold",
        "--x=",
        "help",
      ),
      fc.constantFrom(
        "__proto__",
        "--__proto__",
        "--field",
        "__proto__=1",
        "constructor",
        "--evidence=a=b",
        "--help",
      ),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(word, { maxLength: 8 }), async (argv) => {
        const ran = await run(argv);
        return exits.has(ran.code) && ran.code !== 1;
      }),
      { numRuns: 500 },
    );
  });
});
