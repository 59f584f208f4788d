import { cpSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { delimiter, dirname, join } from "node:path";
import { openWorkerBench, type WorkerBench } from "#test/worker-bench.ts";
import { createWorker } from "#worker/create-worker.ts";
import { DEFAULT_LIMITS, type WorkerRunner } from "#worker/worker-deps.ts";
import type { ClaimResult } from "./claim-result.ts";
import { benchFolder } from "./fixture/sqlite-fixture.ts";
import { readCalls, recordGit, shellScript } from "./git-calls.ts";
import { median } from "./median.ts";

const FILES = 1_000;
const ITEMS = 12;
const REPLAYS = 7;
const LIMIT_MS = 300;
/** One commit of one file by git alone and at a fixed time, so that a replay makes the same one. A run without a commit would not land. */
const RUNNER = `blob=$(echo done | git hash-object -w --stdin)
git update-index --add --cacheinfo "100644,$blob,done-$SLUICE_RUN"
git checkout-index --all
GIT_AUTHOR_DATE='2026-01-01T00:00:00Z' GIT_COMMITTER_DATE='2026-01-01T00:00:00Z' git commit --quiet -m "Do nothing much"`;

/** What a worker adds to the git commands that any script would need: claim, prepare, run, check, land, record. */
export const work = {
  title: "Working an item, without git's own time",
  run: async (): Promise<readonly ClaimResult[]> => {
    const git = await recordedScript();
    const waits = await workItems();
    git.replay(REPLAYS);
    const { waits: gitWaits, calls, failed } = git.result();
    git.close();
    const ours = median(waits) - median(gitWaits);
    return [
      {
        claim: `An item from claim to landed, ${FILES.toLocaleString("en")} files: p50 less that of the same git commands`,
        measured: `${ours.toFixed(0)} ms (${median(waits).toFixed(0)} − ${median(gitWaits).toFixed(0)} ms of ${calls} git commands, ${failed} refused)`,
        against: `${LIMIT_MS} ms`,
        ratio: ours / LIMIT_MS,
        limit: { atMost: 1 },
      },
    ];
  },
};

async function open(): Promise<{ bench: WorkerBench; runner: WorkerRunner }> {
  const bench = await openWorkerBench({ landing: "merge", limits: DEFAULT_LIMITS });
  const files = Object.fromEntries(
    Array.from({ length: FILES }, (_, at) => [`src/part-${at % 40}/file-${at}.txt`, `line ${at}\n`]),
  );
  bench.origin.git("checkout", "--quiet", "main");
  bench.origin.commit({ message: "Fill", files });
  bench.origin.git("checkout", "--quiet", "--detach");
  return { bench, runner: bench.agent("noop", RUNNER) };
}

/** Time from one item landed to the next, milliseconds. */
async function workItems(): Promise<readonly number[]> {
  const { bench, runner } = await open();
  for (let at = 0; at < ITEMS; at += 1) await bench.add({ title: `Item ${at}` });
  const doneAt: number[] = [];
  await drain(bench, runner, () => doneAt.push(performance.now()));
  await bench.close();
  if (doneAt.length < ITEMS) throw new Error(`${doneAt.length} of ${ITEMS} items were done`);
  return doneAt.slice(1).map((at, index) => at - (doneAt[index] ?? at));
}

async function drain(bench: WorkerBench, runner: WorkerRunner, onDone: () => void): Promise<void> {
  await createWorker(bench.deps).run({
    runners: [runner],
    slots: 1,
    backgroundSlots: 0,
    untilEmpty: true,
    drain: new AbortController().signal,
    stop: new AbortController().signal,
    emit: (event) => {
      if (event.type === "done") onDone();
    },
  });
}

/** Works one item with a git that writes its calls down; each replay begins from the same files again. */
async function recordedScript() {
  const folder = benchFolder();
  const record = join(folder, "calls");
  const programs = join(folder, "bin");
  mkdirSync(programs);
  recordGit(programs, record);
  const path = process.env["PATH"] ?? "";
  process.env["PATH"] = [programs, path].join(delimiter);
  const { bench, runner } = await open();
  process.env["PATH"] = path;
  const roots = [dirname(bench.origin.dir), dirname(bench.stateDir)];
  await bench.add({ title: "First" });
  await drain(bench, runner, () => {});
  for (const [at, root] of roots.entries()) keep(root, join(folder, `kept-${at}`));
  rmSync(record, { force: true });
  await bench.add({ title: "Recorded" });
  await drain(bench, runner, () => {});
  const calls = readCalls(record);
  const script = join(folder, "script.sh");
  writeFileSync(script, shellScript(calls, folder));
  const waits: number[] = [];
  const failures = join(folder, "failed");
  const replay = (times: number): void => {
    for (let round = 0; round < times; round += 1) {
      for (const [at, root] of roots.entries()) keep(join(folder, `kept-${at}`), root);
      rmSync(failures, { force: true });
      const begun = performance.now();
      Bun.spawnSync(["sh", script], { env: { PATH: path }, stdin: "ignore" });
      waits.push(performance.now() - begun);
    }
  };
  replay(REPLAYS);
  return {
    replay,
    result: () => ({
      waits,
      calls: calls.length,
      failed: existsSync(failures) ? readFileSync(failures, "utf8").split("\n").length - 1 : 0,
    }),
    close: () => void bench.close(),
  };
}

function keep(from: string, to: string): void {
  rmSync(to, { recursive: true, force: true });
  cpSync(from, to, { recursive: true, verbatimSymlinks: true });
}
