import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { describe, expect, test } from "bun:test";
import { givenOf } from "#operations/plain-input.ts";
import { REGISTRY } from "#operations/registry.ts";
import { run } from "./run-sample.ts";

/** The words of shell lines that each call `sluice`, as a real bash splits them. */
function shellWords(lines: readonly string[]): readonly (readonly string[])[] {
  const dir = mkdtempSync(join(tmpdir(), "sluice-words-"));
  try {
    writeFileSync(join(dir, "sluice"), `#!/bin/sh\nprintf '%s\\0' "$@" "<end>"\n`);
    chmodSync(join(dir, "sluice"), 0o755);
    const shell = Bun.spawnSync(["bash", "--norc", "-c", lines.join("\n")], {
      env: { PATH: [dir, process.env.PATH].join(delimiter) },
    });
    const calls = shell.stdout.toString().split("<end>\0").slice(0, -1);
    return calls.map((call) => call.split("\0").slice(0, -1));
  } finally {
    rmSync(dir, { recursive: true });
  }
}

const isCall = (argv: readonly string[], name: string): boolean => argv.join(".").startsWith(name);

const operations = await Promise.all(Object.values(REGISTRY).map((load) => load()));

describe("the registry's operations", () => {
  test("CM27 every example is a sound command line of its operation", async () => {
    const examples = operations.flatMap(({ name, examples: all }) =>
      all.map(({ command }) => ({ name, command })),
    );
    const words = shellWords(examples.map(({ command }) => command));
    expect(words).toHaveLength(examples.length);
    const called: unknown[] = [];
    for (const argv of words) {
      // An example shows what a person types, who is asked before something is destroyed.
      const isDestructive = operations.some((one) => one.effect === "destroy" && isCall(argv, one.name));
      const ran = await run(["--json", ...argv, ...(isDestructive ? ["--yes"] : [])], {
        operations: REGISTRY,
        readFile: () => Promise.resolve(new TextEncoder().encode("text")),
        invoke: (_, { name, input }, raw) => {
          input.parse(givenOf(raw));
          called.push(name);
          return Promise.resolve({});
        },
      });
      expect([argv, ran.stderr]).toEqual([argv, ""]);
    }
    expect(called).toEqual(examples.map(({ name }) => name));
  });

  test("every operation has a summary that is a sentence, and an example", () => {
    for (const { name, summary, examples } of operations)
      expect([name, summary.endsWith("."), examples.length > 0]).toEqual([name, true, true]);
  });
});
