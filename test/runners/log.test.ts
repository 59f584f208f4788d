import { afterEach, beforeEach, expect, test } from "bun:test";
import { existsSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { openCappedLog } from "#runners/capped-log.ts";
import { createLineSplitter } from "#runners/output.ts";
import { REDACTED } from "#domain/text/redaction.ts";
import { createRedactor } from "#runners/redactor.ts";
import { type LaunchBench, openLaunchBench, until } from "#test/launch.ts";

let bench: LaunchBench;
beforeEach(() => {
  bench = openLaunchBench();
});
afterEach(() => bench.close());

test("RN18 keeps stdout and stderr whole while they fit", async () => {
  const result = await (await bench.shell("printf out; printf err >&2; printf '\\377\\376'")).result;
  expect(readFileSync(bench.logFile).length).toBe(8);
  expect(result.logBytes).toBe(8);
  expect(statSync(bench.logFile).mode & 0o777).toBe(0o600);
});

test("RN18 keeps the first half and the last, says what was cut, and never exceeds the limit", () => {
  const chunks = fc.array(fc.integer({ min: 0, max: 3_000 }), { maxLength: 12 });
  fc.assert(
    fc.property(chunks, fc.integer({ min: 1_024, max: 4_096 }), (sizes, maxBytes) => {
      const all = Buffer.concat(sizes.map((size, at) => Buffer.alloc(size, 97 + at)));
      const file = join(bench.dir, "capped.log");
      // What a killed worker left there is none of this log.
      writeFileSync(`${file}.tail.1`, "stale");
      const log = openCappedLog(file, maxBytes);
      sizes.forEach((size, at) => log.write(Buffer.alloc(size, 97 + at)));
      const size = log.close();
      const text = readFileSync(file, "utf8");
      expect(Buffer.byteLength(text)).toBe(size);
      expect(size).toBeLessThanOrEqual(maxBytes);
      const [head, tail, count] = splitAtMarker(text);
      expect(all.toString().startsWith(head)).toBe(true);
      expect(all.toString().endsWith(tail)).toBe(true);
      expect(head.length + tail.length + count).toBe(all.length);
      expect(existsSync(`${file}.tail`) || existsSync(`${file}.tail.1`)).toBe(false);
    }),
    { numRuns: 60 },
  );
});

function splitAtMarker(text: string): readonly [string, string, number] {
  const found = /\n\[… (\d+) bytes cut here to keep the log within its limit …\]\n/.exec(text);
  if (found === null) return [text, "", 0];
  return [text.slice(0, found.index), text.slice(found.index + found[0].length), Number(found[1])];
}

test("loses the log, not the run, where the log cannot be written", async () => {
  const result = await (await bench.shell("echo said", { logFile: "/dev/full" })).result;
  expect(result).toMatchObject({ ending: "completed", logBytes: 0 });
});

/** The memory is what counts here; a machine with much else to do was seen to need 30 s. */
const FLOOD_LIMIT_MS = 300_000;

test(
  "takes a flood of 800 MB without keeping it in memory",
  async () => {
    const peakBefore = peakKib();
    const flood =
      "head -c 400000000 /dev/zero; head -c 400000000 /dev/zero | tr '\\0' '\\n'; echo; echo last words";
    const result = await (await bench.shell(flood, { timeoutMs: FLOOD_LIMIT_MS })).result;
    expect(result.ending).toBe("completed");
    expect(bench.log().endsWith("last words\n")).toBe(true);
    expect(result.logBytes).toBeLessThanOrEqual(65_536);
    // What the run may cost beside what the test program had already taken: chunks that are not collected yet, but not the flood's 780,000 KiB.
    expect(peakKib() - peakBefore).toBeLessThan(400_000);
  },
  FLOOD_LIMIT_MS,
);

/** The most memory this process has ever held. */
function peakKib(): number {
  return Number(/VmHWM:\s+(\d+)/.exec(readFileSync("/proc/self/status", "utf8"))?.[1]);
}

test("RN20 blacks secrets out, however the stream is cut into chunks", () => {
  const secrets = [
    "s3cret-token-1",
    "päss wörd",
    'quo"ted\\key',
    "-----BEGIN KEY-----\nbase64base64\n-----END KEY-----",
  ];
  const word = fc.oneof(
    fc.constantFrom(...secrets, "s3cret-tok", "\n", '"', ...secrets.map((s) => JSON.stringify(s))),
    fc.string(),
  );
  fc.assert(
    fc.property(fc.array(word), fc.integer({ min: 1, max: 40 }), (words, size) => {
      const bytes = Buffer.from(words.join(""), "utf8");
      const redactor = createRedactor(secrets);
      const out: Buffer[] = [];
      for (let at = 0; at < bytes.length; at += size) out.push(redactor.push(bytes.subarray(at, at + size)));
      const text = Buffer.concat([...out, redactor.flush()]).toString("utf8");
      for (const needle of [
        "s3cret-token-1",
        "päss wörd",
        'quo"ted\\key',
        'quo\\"ted\\\\key',
        "base64base64",
      ]) {
        expect(text).not.toContain(needle);
      }
      if (
        !secrets.some((s) =>
          s.split("\n").some((l) => bytes.includes(l) || bytes.includes(JSON.stringify(l).slice(1, -1))),
        )
      ) {
        expect(text).toBe(bytes.toString("utf8"));
      }
    }),
  );
});

test("RN20 keeps the worker's secrets out of log and message", async () => {
  const secrets = ["tok-123456", "abc"];
  const text = "printf tok-; sleep 0.1; echo 123456 abc; echo refused tok-123456 >&2; exit 1";
  const result = await (await bench.shell(text, { secrets })).result;
  expect(bench.log()).toContain(`${REDACTED} abc\n`);
  expect(bench.log()).not.toContain("tok-123456");
  expect(result.message).toBe(`The command exited with code 1: refused ${REDACTED}`);
});

test("RN20 keeps keys and tokens of the environment out of the log by their names", async () => {
  const env = {
    MODEL_API_KEY: "k-12345678",
    SLUICE_LEASE: "lease-98765",
    PLAIN: "plain-value",
    GIT_CONFIG_KEY_0: "author.name",
  };
  await (
    await bench.shell("env; echo $MODEL_API_KEY", { env })
  ).result;
  expect(bench.log()).toContain("PLAIN=plain-value");
  expect(bench.log()).toContain("GIT_CONFIG_KEY_0=author.name");
  for (const secret of [env.MODEL_API_KEY, env.SLUICE_LEASE, bench.token]) {
    expect(bench.log()).not.toContain(secret);
  }
});

test("RN20 lets output through at once, line by line, while it looks for secrets", async () => {
  const run = await bench.shell("echo first; exec sleep 60", { secrets: ["x".repeat(500)] });
  await until("the first line", () => bench.log() === "first\n");
  run.stop("enough");
  await run.result;
});

test("cuts lines the same way, however the stream is cut into chunks", () => {
  fc.assert(
    fc.property(fc.array(fc.string({ unit: "binary" })), fc.integer({ min: 1, max: 9 }), (words, size) => {
      const bytes = Buffer.from(words.join("\n"), "utf8");
      const lines: string[] = [];
      const splitter = createLineSplitter((line) => lines.push(line));
      for (let at = 0; at < bytes.length; at += size) splitter.push(bytes.subarray(at, at + size));
      splitter.flush();
      const whole = bytes.toString("utf8").split("\n");
      expect(lines).toEqual(whole.map((line) => line.replace(/\r$/, "")).filter((line) => line !== ""));
    }),
  );
});

test("drops an over-long line whole, and reads invalid UTF-8 and a last line without an end", () => {
  const lines: string[] = [];
  const splitter = createLineSplitter((line) => lines.push(line), 10);
  splitter.push(Buffer.from("short\n0123456"));
  splitter.push(Buffer.from("789ab\n0123456789\n"));
  splitter.push(Buffer.from([0xff, 0x61, 0x0a, 0x7a]));
  splitter.flush();
  expect(lines).toEqual(["short", "0123456789", "\ufffda", "z"]);
});
