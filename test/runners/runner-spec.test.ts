import { expect, test } from "bun:test";
import { RunnerSpec } from "#operations/ports/runner-spec.ts";

test("RN38 reads a runner's settings, and refuses what it does not know", () => {
  const good = [
    { kind: "command", argv: ["sh", "-c", ""] },
    { kind: "claude-code" },
    { kind: "claude-code", program: "/opt/claude", model: "opus", allowedTools: ["Bash"], maxTurns: 3 },
  ];
  for (const spec of good) expect<unknown>(RunnerSpec.parse(spec)).toEqual(spec);
  const bad = [
    {},
    { kind: "robot" },
    { kind: "command" },
    { kind: "command", argv: [] },
    { kind: "command", argv: ["a\0b"] },
    { kind: "claude-code", maxTurns: 0 },
    { kind: "claude-code", passEnv: ["A=B"] },
    { kind: "claude-code", passEnv: ["*"] },
    { kind: "claude-code", dangerouslySkipPermissions: true },
  ];
  for (const spec of bad) expect(RunnerSpec.safeParse(spec).success).toBe(false);
});
