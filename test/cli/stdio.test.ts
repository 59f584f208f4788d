import { describe, expect, test } from "bun:test";
import { fileURLToPath } from "node:url";

const program = fileURLToPath(import.meta.resolve("./sample-program.ts"));

/** Runs the sample program through a real shell pipe. */
async function pipe(command: string): Promise<{ readonly stdout: string; readonly stderr: string }> {
  const child = Bun.spawn(["bash", "-c", command], {
    env: { PATH: process.env.PATH ?? "", BUN: process.execPath, PROGRAM: program },
    stdin: "ignore",
    stdout: "pipe",
    stderr: "pipe",
  });
  const [stdout, stderr] = await Promise.all([child.stdout.text(), child.stderr.text()]);
  await child.exited;
  return { stdout, stderr };
}

describe("a real process", () => {
  test("CM46 a reader that goes away ends the output quietly", async () => {
    const ran = await pipe('"$BUN" "$PROGRAM" item list --json | head -c 5; echo "${PIPESTATUS[0]}"');
    expect(ran).toEqual({ stdout: '{"ite0\n', stderr: "" });
  });

  test("CM46 a slow reader gets everything", async () => {
    const ran = await pipe('"$BUN" "$PROGRAM" item list --json | { read -r -n 1 _; wc -c; }');
    expect(Number(ran.stdout)).toBeGreaterThan(2_000_000);
    expect(ran.stderr).toBe("");
  });

  test("CM46 an answer that finds a full disk is told as that", async () => {
    const ran = await pipe('"$BUN" "$PROGRAM" item list --json > /dev/full; echo "$?"');
    expect(ran.stdout).toBe("7\n");
    expect(ran.stderr).toContain("The answer could not be written to standard output (ENOSPC)");
  });

  test("CM18 standard input is read to its end", async () => {
    const ran = await pipe('printf "two\\nlines" | "$BUN" "$PROGRAM" item add -t x --body-file - --json');
    expect(ran.stdout).toContain('"body":"two\\nlines"');
  });

  test("CM61 a real Ctrl-C ends the process with 130", async () => {
    const child = Bun.spawn([process.execPath, program, "claim", "OB-1"], {
      stdin: "ignore",
      stdout: "pipe",
      stderr: "pipe",
    });
    const started = await child.stderr.getReader().read();
    expect(new TextDecoder().decode(started.value)).toBe("working\n");
    child.kill("SIGINT");
    expect(await child.exited).toBe(130);
    expect(await child.stdout.text()).toBe("");
  });
});
