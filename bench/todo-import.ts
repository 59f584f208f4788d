import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { ClaimResult } from "./claim-result.ts";
import { benchFolder } from "./fixture/sqlite-fixture.ts";
import { median } from "./median.ts";
import { compiledPrograms } from "./start.ts";

const FILES = 200;
const AGAIN = 7;
const ROUNDS = 3;

/** Whole processes of the compiled program, each round in a workspace of its own. */
export const todoImport = {
  title: "Import of 5,000 lines in 200 TODO.md files",
  run: async (): Promise<readonly ClaimResult[]> => {
    const home = benchFolder();
    const { sluice } = await compiledPrograms(home);
    const rounds = [];
    for (let round = 0; round < ROUNDS; round += 1) rounds.push(await importTwice(home, sluice, round));
    const first = median(rounds.map((one) => one.firstMs));
    const again = median(rounds.map((one) => one.againMs));
    const peak = Math.max(...rounds.map((one) => one.peakMiB));
    const result = (claim: string, measured: number, limit: number, unit: string): ClaimResult => ({
      claim,
      measured: `${measured.toFixed(0)} ${unit}`,
      against: `${limit} ${unit}`,
      ratio: measured / limit,
      limit: { atMost: 1 },
    });
    return [
      result("`sluice todo import`, the first time", first, 1_500, "ms"),
      result("`sluice todo import`, peak of memory", peak, 120, "MiB"),
      result("`sluice todo import` again, nothing changed", again, 300, "ms"),
    ];
  },
};

async function importTwice(home: string, sluice: string, round: number) {
  const folder = join(home, `import-${round}`);
  const files = Array.from({ length: FILES }, (_, number) => writeFile(folder, number));
  const run = (...argv: readonly string[]) => spawn(folder, argv);
  await run("git", "init", "-q", "-b", "main", ".");
  await run(sluice, "init");
  await run(sluice, "project", "add", "App", "--alias", "app");
  await run(sluice, "repo", "add", ".");
  const first = await run(sluice, "todo", "import", ...files);
  const again = [];
  for (let time = 0; time < AGAIN; time += 1) again.push((await run(sluice, "todo", "import", ...files)).ms);
  return { firstMs: first.ms, peakMiB: first.peakMiB, againMs: median(again) };
}

async function spawn(folder: string, argv: readonly string[]) {
  const env = { HOME: join(folder, "home"), PATH: process.env["PATH"] ?? "", USER: "ada" };
  const begun = performance.now();
  const child = Bun.spawn([...argv], {
    cwd: folder,
    env,
    stdin: "ignore",
    stdout: "ignore",
    stderr: "inherit",
  });
  let peakMiB = 0;
  // What the kernel keeps of an ended child begins with the size of its parent.
  while (child.exitCode === null) {
    peakMiB = Math.max(peakMiB, peakOf(child.pid));
    await Promise.race([child.exited, Bun.sleep(5)]);
  }
  const ms = performance.now() - begun;
  if (child.exitCode !== 0) throw new Error(`${argv.slice(0, 3).join(" ")} failed`);
  return { ms, peakMiB };
}

/** Largest resident size of a process so far; 0 once it has ended. */
function peakOf(pid: number): number {
  try {
    const kib = /VmHWM:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1];
    return Number(kib ?? 0) / 1024;
  } catch {
    return 0;
  }
}

/** A file of 25 lines: two items with fields, and a checklist of three. */
function writeFile(folder: string, number: number): string {
  const item = (at: number) => `## Check the input ${at} of module ${number}

**Status:** open (captured 2026-05-0${at})
**Trigger:** when module ${number} is released
**Problem:** The input ${at} of module ${number} is not checked.

1. Write the failing test for input ${at}
2. Check its bounds (optional)
`;
  const list = [1, 2, 3].map((at) => `- [ ] Tidy part ${at} of module ${number}\n`).join("");
  mkdirSync(join(folder, `module-${number}`), { recursive: true });
  const path = join(`module-${number}`, "TODO.md");
  writeFileSync(join(folder, path), `# TODO\n\n${item(1)}\n${item(2)}\n## Later\n\n${list}`);
  return path;
}
