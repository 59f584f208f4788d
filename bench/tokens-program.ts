// `bun bench/tokens-program.ts PEERS`: counts what the loop costs an agent in tokens, and writes docs/reference/tokens.md.
// PEERS is a folder in which `npm install backlog.md@1.52.0 task-master-ai@0.43.1` was run.
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Counted, countLoop, type Loop } from "./tokens/count-loop.ts";
import { backlogLoop, type Bench, sluiceLoop, taskMasterLoop } from "./tokens/loops.ts";

const PAGE = join(import.meta.dir, "..", "docs", "reference", "tokens.md");
const [peers] = process.argv.slice(2);
if (peers === undefined)
  throw new Error("Name the folder of the peers: npm install backlog.md@1.52.0 task-master-ai@0.43.1");

const rows = [
  await counted(sluiceLoop),
  await counted((bench) => backlogLoop(bench, peers)),
  await counted((bench) => taskMasterLoop(bench, peers)),
];
writeFileSync(PAGE, page(rows));
Bun.spawnSync([join(import.meta.dir, "..", "node_modules", ".bin", "oxfmt"), PAGE]);
console.table(rows);

/** In a fresh repository with a home of its own. */
async function counted(make: (bench: Bench) => Loop): Promise<Counted> {
  const home = mkdtempSync(join(tmpdir(), "sluice-tokens-"));
  const env = {
    PATH: process.env["PATH"] ?? "",
    HOME: home,
    GIT_CONFIG_GLOBAL: "/dev/null",
    GIT_CONFIG_NOSYSTEM: "1",
  };
  const run = (command: readonly string[]) => {
    const { exitCode, stderr } = Bun.spawnSync([...command], { cwd: home, env });
    if (exitCode !== 0) throw new Error(`${command.join(" ")}: ${stderr.toString()}`);
  };
  try {
    run(["git", "init", "--quiet", "--initial-branch=main"]);
    return await countLoop(make({ home, env, run }));
  } finally {
    rmSync(home, { recursive: true, force: true });
  }
}

function page(counts: readonly Counted[]): string {
  const lines = counts.map((one) => {
    const total = one.listed + one.asked + one.answered;
    return `| ${one.name} | ${one.tools} | ${one.listed} | ${one.calls} | ${one.asked} | ${one.answered} | ${total} | ${one.remark} |`;
  });
  return [
    "# What the loop costs in tokens",
    "",
    "Written by `bench/tokens-program.ts`: one small task, taken, planned, noted and finished by a client of the Model Context Protocol,",
    "with the real servers, each as its own start-up leaves it. Counted with o200k_base: the tool list and the server's instructions, the",
    "calls as a model writes them, the answers as Claude Code and Codex hand them on. The sum stands in the model's context at the end;",
    "the tool list is sent anew with every turn.",
    "",
    "| | tools | tool list | calls | asked | answered | sum | |",
    "| --- | --- | --- | --- | --- | --- | --- | --- |",
    ...lines,
    "",
  ].join("\n");
}
