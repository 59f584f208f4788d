import { expect, test } from "bun:test";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { instrument } from "../../scripts/instrument.ts";

const SOURCE = `import { value } from "./value.ts";
export function pick(a: number | undefined, b: string): string {
  if (a === undefined) return b || "none";
  switch (a) {
    case 1:
      return "one";
    case 2: {
      for (const c of b) if (c === "x") return "x";
      return value ? "yes" : "no";
    }
    default:
      throw new Error("never");
  }
}
const later = async (n: number): Promise<object> => ({ n, twice: n * 2 });
const [words, end] = [process.argv[2] ?? "", process.argv[3]];
console.log(pick(words === "" ? undefined : Number(words), "bc"), JSON.stringify(await later(4)));
if (end !== undefined) process.kill(process.pid, "SIGKILL");
`;

test("what runs is counted in every process, also in one that is killed, and does what it did", async () => {
  const dir = mkdtempSync(join(tmpdir(), "sluice-counted-"));
  try {
    const counters = join(dir, "ran");
    const counted = instrument("program.ts", SOURCE, counters, 0);
    writeFileSync(counters, new Uint8Array(counted.points.length));
    writeFileSync(join(dir, "value.ts"), "export const value = false;\n");
    const lines = (kind: string) =>
      counted.points
        .filter((point, at) => point.kind === kind && readFileSync(counters)[at] === 1)
        .map(({ line }) => line);
    const run = async (...args: readonly string[]) => {
      const outputs = [SOURCE, counted.text].map(async (text, at) => {
        const program = join(dir, `program-${at}.ts`);
        writeFileSync(program, text);
        const child = Bun.spawn([process.execPath, program, ...args], { stdout: "pipe", stderr: "ignore" });
        return [await new Response(child.stdout).text(), await child.exited];
      });
      const [plain, same] = await Promise.all(outputs);
      expect(same).toEqual(plain);
      return plain;
    };
    expect(counted.text.split("\n")).toHaveLength(SOURCE.split("\n").length);
    expect(await run()).toEqual(['bc {"n":4,"twice":8}\n', 0]);
    expect(lines("statement")).toEqual([3, 3, 15]);
    expect(lines("branch")).toEqual([3, 16, 17, 18]);
    expect(await run("2", "kill")).toEqual(['no {"n":4,"twice":8}\n', 128 + 9]);
    expect(lines("statement")).toEqual([3, 4, 3, 8, 9, 8, 15, 18]);
  } finally {
    rmSync(dir, { recursive: true });
  }
});
