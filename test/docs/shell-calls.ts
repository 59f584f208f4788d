import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** What each shell line calls `sluice` with, as a real bash splits it. No other program can be found by the lines. */
export function shellCalls(lines: readonly string[]): readonly (readonly (readonly string[])[])[] {
  const dir = mkdtempSync(join(tmpdir(), "sluice-docs-"));
  const calls = join(dir, "calls");
  try {
    writeFileSync(join(dir, "sluice"), `#!/bin/sh\nprintf '%s\\0' "$@" "<end>" >>"$CALLS"\n`);
    chmodSync(join(dir, "sluice"), 0o755);
    return lines.map((line) => {
      writeFileSync(calls, "");
      Bun.spawnSync([Bun.which("bash") ?? "bash", "--norc", "-c", line], {
        cwd: dir,
        env: { PATH: dir, CALLS: calls, SLUICE_LEASE: "LEASE" },
        stdin: "ignore",
        stderr: "ignore",
      });
      return readFileSync(calls, "utf8")
        .split("<end>\0")
        .slice(0, -1)
        .map((call) => call.split("\0").slice(0, -1));
    });
  } finally {
    rmSync(dir, { recursive: true });
  }
}
