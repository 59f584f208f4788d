import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { openWorkerBench, type WorkerBench } from "#test/worker-bench.ts";
import { createWorker } from "#worker/create-worker.ts";
import { DEFAULT_LIMITS, type WorkerRunner } from "#worker/worker-deps.ts";
import type { ClaimResult } from "./claim-result.ts";
import { benchFolder } from "./fixture/sqlite-fixture.ts";
import { median } from "./median.ts";

const FILES = 1_000;
const ITEMS = 12;
const LIMIT_MS = 300;
/** One commit of one file by git alone and at a fixed time, so that a replay makes the same one. A run without a commit would not land. */
const RUNNER = `blob=$(echo done | git hash-object -w --stdin)
git update-index --add --cacheinfo "100644,$blob,done-$SLUICE_RUN"
git checkout-index --all
GIT_AUTHOR_DATE='2026-01-01T00:00:00Z' GIT_COMMITTER_DATE='2026-01-01T00:00:00Z' git commit --quiet -m "Do nothing much"`;

/** The smallest script that does the same for one item: a worktree, the agent, its commit merged into main, all cleared away. */
const SCRIPT = `set -e
cd "$1"
git worktree add --quiet -b "work-$2" "$3/tree-$2" main
cd "$3/tree-$2"
SLUICE_RUN=$2
${RUNNER}
cd "$1"
old=$(git rev-parse main)
tree=$(git merge-tree --write-tree main "work-$2")
new=$(git commit-tree "$tree" -p "$old" -p "work-$2" -m "Merge work-$2")
git update-ref refs/heads/main "$new" "$old"
git worktree remove --force "$3/tree-$2"
git branch --quiet -D "work-$2"
`;

const AUTHOR = {
  GIT_AUTHOR_NAME: "Ada",
  GIT_AUTHOR_EMAIL: "ada@example.org",
  GIT_COMMITTER_NAME: "Ada",
  GIT_COMMITTER_EMAIL: "ada@example.org",
};

/** What a worker adds to the git commands of the smallest script: claim, prepare, run, check, land, record. */
export const work = {
  title: "Working an item, beside the smallest script that does the same in git",
  run: async (): Promise<readonly ClaimResult[]> => {
    const scripted = await scriptItems();
    const waits = await workItems();
    const ours = median(waits) - median(scripted);
    return [
      {
        claim: `An item from claim to landed, ${FILES.toLocaleString("en")} files: p50 less that of the script`,
        measured: `${ours.toFixed(0)} ms (${median(waits).toFixed(0)} − ${median(scripted).toFixed(0)} ms)`,
        against: `${LIMIT_MS} ms`,
        ratio: ours / LIMIT_MS,
        limit: { atMost: 1 },
      },
    ];
  },
};

/** The script once for each item, milliseconds. */
async function scriptItems(): Promise<readonly number[]> {
  const { bench } = await open();
  const folder = benchFolder();
  const file = join(folder, "work.sh");
  writeFileSync(file, SCRIPT);
  const waits = Array.from({ length: ITEMS }, (_, at) => {
    const begun = performance.now();
    const words = ["sh", file, bench.origin.dir, String(at), folder];
    const run = Bun.spawnSync(words, { env: { ...process.env, ...AUTHOR }, stdin: "ignore" });
    if (run.exitCode !== 0) throw new Error(`The script failed: ${run.stderr.toString()}`);
    return performance.now() - begun;
  });
  await bench.close();
  return waits;
}

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
