import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { openWorkerBench, type WorkerBench } from "#test/worker-bench.ts";
import { createWorker } from "#worker/create-worker.ts";
import { DEFAULT_LIMITS } from "#worker/worker-deps.ts";
import type { ClaimResult } from "./claim-result.ts";
import { benchFolder } from "./fixture/sqlite-fixture.ts";
import { median } from "./median.ts";

const SIZES = [
  { files: 1_000, rounds: 15 },
  { files: 20_000, rounds: 5 },
] as const;

/** One commit of one file, by what a program for agents does: with the index of the run's own folder. */
const AGENT = `echo done > "done-$SLUICE_RUN"
git add "done-$SLUICE_RUN"
git commit --quiet -m "Do nothing much"`;
const CHECK = "test -e src/part-0/file-0.txt";

/**
 * The smallest script that does the same for one item: a worktree, the agent, its commit merged, the merge checked in a worktree of its
 * own, main moved, all cleared away.
 */
const SCRIPT = `set -e
cd "$1"
git worktree add --quiet -b "work-$2" "$3/tree-$2" main
cd "$3/tree-$2"
SLUICE_RUN=$2
${AGENT}
cd "$1"
old=$(git rev-parse main)
tree=$(git merge-tree --write-tree main "work-$2")
new=$(git commit-tree "$tree" -p "$old" -m "Do nothing much")
git worktree add --quiet --detach "$3/check-$2" "$new"
(cd "$3/check-$2" && ${CHECK})
git worktree remove --force "$3/check-$2"
git update-ref refs/heads/main "$new" "$old"
git worktree remove --force "$3/tree-$2"
git branch --quiet -D "work-$2"
`;

const CLONE = `set -e
git clone --quiet --shared --no-checkout "$1" "$2"
git -C "$2" checkout --quiet -b run`;

const AUTHOR = {
  GIT_AUTHOR_NAME: "Ada",
  GIT_AUTHOR_EMAIL: "ada@example.org",
  GIT_COMMITTER_NAME: "Ada",
  GIT_COMMITTER_EMAIL: "ada@example.org",
};

/** What a worker adds to git: a whole item, and the folder of a run. Both in turn with what they are compared with. */
export const work = {
  title: "Working an item, beside the smallest script that does the same in git",
  run: async (): Promise<readonly ClaimResult[]> => {
    const results: ClaimResult[] = [];
    for (const { files, rounds } of SIZES) results.push(...(await measure(files, rounds)));
    return results;
  },
};

async function measure(files: number, rounds: number): Promise<readonly ClaimResult[]> {
  const size = `${files.toLocaleString("en")} files`;
  const items = await workItems(files, rounds);
  const folders = await prepareFolders(files, rounds);
  return [
    row(`An item from claim to landed, ${size}`, items, "the script", 1.3),
    row(`The folder of a run, ${size}`, folders, "`git clone --shared` and a checkout", 1.1),
  ];
}

interface Pairs {
  readonly ours: readonly number[];
  readonly theirs: readonly number[];
}

function row(claim: string, { ours, theirs }: Pairs, what: string, atMost: number): ClaimResult {
  const [measured, against] = [median(ours), median(theirs)];
  return {
    claim: `${claim}: p50`,
    measured: `${measured.toFixed(0)} ms`,
    against: `${against.toFixed(0)} ms of ${what}`,
    ratio: measured / against,
    limit: { atMost },
  };
}

/** From one item landed to the next, and the script once after each, in a repository of its own; milliseconds. */
async function workItems(files: number, rounds: number): Promise<Pairs> {
  const [bench, beside] = [await open(files), await open(files)];
  const folder = benchFolder();
  const file = join(folder, "work.sh");
  writeFileSync(file, SCRIPT);
  for (let at = 0; at <= rounds; at += 1) await bench.add({ title: `Item ${at}` });
  const pairs = { ours: new Array<number>(), theirs: new Array<number>() };
  let begun: number | undefined;
  await createWorker(bench.deps).run({
    runners: [bench.agent("noop", AGENT)],
    slots: 1,
    backgroundSlots: 0,
    untilEmpty: true,
    emit: ({ type }) => {
      if (type !== "done") return;
      if (begun !== undefined) pairs.ours.push(performance.now() - begun);
      const { length } = pairs.theirs;
      pairs.theirs.push(runScript(["sh", file, beside.origin.dir, String(length), folder]));
      begun = performance.now();
    },
  });
  await bench.close();
  await beside.close();
  if (pairs.ours.length < rounds) throw new Error(`${pairs.ours.length} of ${rounds} items were done`);
  return pairs;
}

/** The same commit on a branch of its own, in a new folder; removed outside of what is measured. */
async function prepareFolders(files: number, rounds: number): Promise<Pairs> {
  const { git, origin, close } = await open(files);
  const folder = benchFolder();
  const people = await git.identity({ repo: origin.repo });
  const commit = origin.head("main");
  const pairs = { ours: new Array<number>(), theirs: new Array<number>() };
  for (let at = 0; at < rounds; at += 1) {
    const run = { repo: origin.repo, dir: join(folder, `R-${at}`) };
    const begun = performance.now();
    await git.openRun({ ...run, commit, branch: `sluice/R-${at}`, people });
    pairs.ours.push(performance.now() - begun);
    const clone = join(folder, `clone-${at}`);
    pairs.theirs.push(runScript(["sh", "-c", CLONE, "sh", origin.dir, clone]));
    await git.closeRun(run);
    rmSync(clone, { recursive: true });
  }
  await close();
  return pairs;
}

function runScript(argv: readonly string[]): number {
  const begun = performance.now();
  const ended = Bun.spawnSync([...argv], { env: { ...process.env, ...AUTHOR }, stdin: "ignore" });
  if (ended.exitCode !== 0) throw new Error(`The script failed: ${ended.stderr.toString()}`);
  return performance.now() - begun;
}

async function open(files: number): Promise<WorkerBench> {
  const bench = await openWorkerBench({ check: CHECK, landing: "merge", limits: DEFAULT_LIMITS });
  const contents = Object.fromEntries(
    Array.from({ length: files }, (_, at) => [`src/part-${at % 40}/file-${at}.txt`, `line ${at}\n`]),
  );
  bench.origin.git("checkout", "--quiet", "main");
  bench.origin.commit({ message: "Fill", files: contents });
  bench.origin.git("checkout", "--quiet", "--detach");
  return bench;
}
