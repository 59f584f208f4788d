import { join } from "node:path";
import { expect, test } from "bun:test";
import { createFixtureServer } from "./conformance/fixture-server.ts";
import { NOT_SERVED } from "./conformance/not-served.ts";
import { openHttpBench } from "./http-bench.ts";

const SUITE = join(import.meta.dir, "../../node_modules/@modelcontextprotocol/conformance/dist/index.js");
const SUITE_MS = 100_000;

/** What the suite prints of each scenario at its end: how many of its checks passed, and how many failed. */
const RESULT = /^[✓✗] ([\w-]+): (\d+) passed, (\d+) failed$/gm;

test.each([
  ["2025-11-25", 30],
  ["2026-07-28", 37],
] as const)(
  "MC29 the official suite passes over HTTP: what revision %s requires",
  async (revision, required) => {
    await using bench = await openHttpBench({ makeServer: createFixtureServer });
    const { home } = bench.work.workspace;
    const args = ["server", "--url", bench.url.href, "--requirements", revision];
    const suite = Bun.spawn([process.execPath, SUITE, ...args], {
      cwd: home,
      env: { HOME: home, PATH: process.env["PATH"] ?? "" },
      stdin: "ignore",
      stderr: "pipe",
    });
    const [printed, complaints, code] = await Promise.all([
      new Response(suite.stdout).text(),
      new Response(suite.stderr).text(),
      suite.exited,
    ]);
    const results = [...printed.matchAll(RESULT)].map(([, name = "", , failed]) => ({ name, failed }));
    const failing = results.filter(({ failed }) => failed !== "0").map(({ name }) => name);
    expect(failing.filter((name) => !(name in NOT_SERVED))).toEqual([]);
    if (revision === "2026-07-28") expect(failing.toSorted()).toEqual(Object.keys(NOT_SERVED).toSorted());
    expect(results.length - failing.length).toBeGreaterThanOrEqual(required);
    expect({ code, complaints: code === 0 ? "" : complaints }).toEqual({ code: 0, complaints: "" });
  },
  SUITE_MS,
);
