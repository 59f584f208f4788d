import { expect, test } from "bun:test";
import { join } from "node:path";

const PROGRAM = join(import.meta.dir, "../../bin/sluice");

test.each(["prefer", "require", "verify-ca", "verify-full"])(
  "ST35 with sslmode=%s standard error is the one answer",
  (mode) => {
    const place = `postgres://nobody@127.0.0.1:1/none?sslmode=${mode}`;
    const { exitCode, stderr } = Bun.spawnSync([PROGRAM, "-w", place, "status", "--json"], {
      env: { PATH: process.env["PATH"] ?? "", HOME: "/nowhere", USER: "operator" },
      stdin: "ignore",
    });
    const answer: unknown = JSON.parse(stderr.toString());
    expect([exitCode, answer]).toMatchObject([7, { error: { code: "unavailable" } }]);
  },
);
