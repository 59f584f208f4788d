import { expect, setDefaultTimeout, test } from "bun:test";
import { chmodSync, readFileSync, writeFileSync } from "node:fs";
import { gitUnderTest } from "#test/git-under-test.ts";
import { openWorkerBench } from "#test/worker-bench.ts";

setDefaultTimeout(60_000);

const AT_MOST = 40;

test("a worked item takes at most forty git processes, from its claim to its landing", async () => {
  const bench = await openWorkerBench({ check: "test -e done" });
  try {
    const list = bench.sandbox.path("calls");
    const program = bench.sandbox.path("git");
    writeFileSync(program, `#!/bin/sh\necho "$*" >> '${list}'\nexec '${Bun.which("git") ?? ""}' "$@"\n`);
    chmodSync(program, 0o755);
    const PATH = `${bench.sandbox.root}:${process.env["PATH"] ?? ""}`;
    const git = gitUnderTest({ ...bench.sandbox, env: { ...bench.sandbox.env, PATH } });
    const agent = bench.agent("committer", "echo 1 > done\ngit add done\ngit commit --quiet -m 'Do it'");
    await bench.add({ title: "Do it" });
    const events = await bench.work([agent], {}, { git });
    expect(events.map(({ type }) => type)).toContain("done");
    const calls = readFileSync(list, "utf8")
      .trimEnd()
      .split("\n")
      .map((call) => call.replace(/^--no-pager --no-optional-locks (?:-c \S+ )*/, ""));
    expect(calls.join("\n")).toContain("read-tree");
    if (calls.length > AT_MOST) throw new Error(`${calls.length} git processes:\n${calls.join("\n")}`);
  } finally {
    await bench.close();
  }
});
