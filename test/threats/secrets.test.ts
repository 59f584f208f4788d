import { expect, test } from "bun:test";
import fc from "fast-check";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { redactSecrets } from "#domain/text/redaction.ts";
import { operationBench } from "#test/operation-bench.ts";
import { agent, human } from "#test/stores.ts";

const letters = (count: number): string => "aB3dE6gH9k".repeat(20).slice(0, count);

/** One of each form, put together here so that no file of ours looks as if it held one. */
const SECRETS = [
  `slc_${letters(43)}`,
  `ghp_${letters(36)}`,
  `github_pat_${letters(40)}`,
  `glpat-${letters(20)}`,
  `sk-ant-${letters(40)}`,
  `sk-${letters(48)}`,
  `AKIA${"ABCD".repeat(4)}`,
  `xoxb-${letters(24)}`,
  `npm_${letters(36)}`,
  `eyJ${letters(20)}.eyJ${letters(30)}.${letters(40)}`,
  `-----BEGIN RSA PRIVATE KEY-----\n${letters(64)}\n-----END RSA PRIVATE KEY-----`,
];

test.each(SECRETS.map((secret) => [secret.slice(0, 8), secret]))(
  "TH1 %s… is blacked out wherever it stands",
  (_form, secret) => {
    for (const around of ["{}", "key={}", "a {} b", "'{}',", "\n{}\n", '{"key":"{}"}'])
      expect(redactSecrets(around.replace("{}", secret))).toBe(around.replace("{}", "[redacted]"));
  },
);

test("TH1 an address loses its password and nothing else", () => {
  expect(redactSecrets("at postgres://ada:hunter2@db.example/team?x=1 now")).toBe(
    "at postgres://ada:[redacted]@db.example/team?x=1 now",
  );
  for (const plain of ["https://example.test:8080/a@b", "postgres://ada@db", "ada@example.test", "a: b@c"])
    expect(redactSecrets(plain)).toBe(plain);
});

test("TH1 text without a secret is not touched", () => {
  for (const plain of [
    "sk-learn and risk-based tests",
    "The AKIA prefix, ghp_ and slc_ are forms",
    "commit 0123456789abcdef0123456789abcdef01234567",
    "-----BEGIN CERTIFICATE-----",
    "a/very/long/path-with-many-words_and_parts.test.ts",
  ])
    expect(redactSecrets(plain)).toBe(plain);
  fc.assert(
    fc.property(fc.array(fc.stringMatching(/^[a-z ,.:/-]{0,40}$/)), (words) => {
      const text = words.join(" ");
      expect(redactSecrets(text)).toBe(text);
    }),
  );
});

test.each([
  "-----BEGIN PRIVATE KEY-----\n",
  "a://b:",
  "eyJaaaaaaaaaaaa.",
  "-eyJ",
  "a.a+",
  "sk-",
  "A",
  "slc_x ",
])("TH2 a text of nothing but %j is read in time", (part) => {
  const text = part.repeat(Math.ceil(1_048_576 / part.length));
  const cpu = process.cpuUsage();
  redactSecrets(text);
  const { user } = process.cpuUsage(cpu);
  expect(user / 1_000).toBeLessThan(2_000);
});

test("TH1 briefs and the shown log of a run hold no secret", async () => {
  await using bench = await operationBench();
  const [one = "", other = ""] = SECRETS;
  const add = {
    title: `Use ${one}`,
    problem: other,
    steps: [{ text: `Call ${one}` }],
    lane: "autonomous_safe",
  };
  await bench.call("item.add", add);
  await bench.call("note", { ref: "OB-1", text: other });
  const answer = JSON.stringify(await bench.call("claim", { ref: "OB-1", brief: true }, { as: human() }));
  const { brief } = JSON.parse(answer) as { brief: string };
  expect(brief.match(/\[redacted\]/g)?.length).toBeGreaterThanOrEqual(4);
  for (const secret of [one, other]) expect(brief).not.toContain(secret);
  const shown = JSON.stringify(await bench.call("item.show", { ref: "OB-1", brief: true }));
  expect(shown).toContain("[redacted]");
  const logPath = join(bench.sandbox.root, "run.log");
  writeFileSync(logPath, `before ${one}\nafter\n`);
  await bench.store.runs.record({ id: 1, logPath });
  expect(await bench.call("run.log", { run: "R-1" }, { as: agent() })).toMatchObject({
    log: "before [redacted]\nafter\n",
  });
});
