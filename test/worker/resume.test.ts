import { existsSync, readFileSync } from "node:fs";
import { expect, test } from "bun:test";
import { workerBrief } from "#compose/drain/wire-worker.ts";
import { human } from "#test/stores.ts";
import { openBenches } from "#test/open-benches.ts";
import type { WorkerBench } from "#test/worker-bench.ts";
import type { WorkerRunner } from "#worker/worker-deps.ts";

const bench = openBenches();

const FINISH = `echo "$SLUICE_ITEM" > done.txt; git add -A; git commit --quiet -m "Write it"; report finish changed`;

/**
 * A stand-in for Claude Code that keeps its sessions as files: it knows those that it began, tells ten tokens and a cent for each of
 * its starts in the session, and does what `script` says; `$session` is its session, `$n` the how manieth start in it this is.
 */
function resumable(
  b: WorkerBench,
  script: string,
  settings: { readonly resume?: boolean } = {},
): WorkerRunner {
  const dir = b.sandbox.path("sessions");
  const runner = b.agent(
    "robot",
    `mkdir -p '${dir}'; cat > '${dir}'/"brief-$SLUICE_RUN"
session=; while [ $# -gt 0 ]; do if [ "$1" = --resume ]; then session=$2; fi; shift; done
if [ -n "$session" ] && [ ! -e '${dir}'/"$session" ]; then echo "No conversation found with session ID: $session" >&2; exit 1; fi
[ -n "$session" ] || session="s-$SLUICE_RUN"
echo start >> '${dir}'/"$session"; n=$(wc -l < '${dir}'/"$session" | tr -d ' ')
echo '{"type":"system","subtype":"init","session_id":"'"$session"'"}'
end() { echo '{"type":"result","subtype":"success","is_error":false,"result":"Well.","total_cost_usd":0.0'"$n"',"usage":{"input_tokens":'"$n"'0}}'; exit 0; }
${script}
end`,
  );
  if (runner.spec.kind !== "command") throw new Error("the bench's agents are commands");
  return { ...runner, spec: { kind: "claude-code", program: runner.spec.argv[0] ?? "", ...settings } };
}

const briefOf = (b: WorkerBench, run: string): string =>
  readFileSync(b.sandbox.path("sessions", `brief-${run}`), "utf8");

test("RN74 a run that was cut off goes on with its session, and the record names the run whose it is", async () => {
  const b = await bench();
  const item = await b.add({ title: "Do it" });
  const robot = resumable(b, `if [ $n = 1 ]; then kill -9 $$; fi; ${FINISH}`);
  const events = await b.work([robot]);
  expect(await b.runsOf(item)).toMatchObject([
    { outcome: "interrupted", sessionId: "s-R-1", resumes: null },
    { outcome: "changed", sessionId: "s-R-1", resumes: 1 },
  ]);
  expect(events.filter(({ type }) => type === "resumed")).toEqual([
    { type: "resumed", ref: "OB-1", run: "R-2", former: "R-1", session: "s-R-1" },
  ]);
  expect((await b.store.items.get({ id: item.item.id })).item).toMatchObject({ state: "done", attempts: 0 });
});

test("RN74 the session goes on after its worker was killed", async () => {
  const b = await bench();
  const item = await b.add({ title: "Do it" });
  const mark = b.sandbox.path("begun");
  const robot = resumable(b, `if [ $n = 1 ]; then touch '${mark}'; sleep 300; fi; ${FINISH}`);
  const child = b.spawn([robot]);
  const known = async (): Promise<boolean> => (await b.runsOf(item))[0]?.sessionId === "s-R-1";
  while (!existsSync(mark) || !(await known())) await Bun.sleep(5);
  child.kill("SIGKILL");
  await child.exited;
  await b.work([robot]);
  expect(await b.runsOf(item)).toMatchObject([
    { outcome: "interrupted" },
    { outcome: "changed", resumes: 1 },
  ]);
});

test("RN74 the session goes on when what blocked it is gone", async () => {
  const b = await bench();
  const item = await b.add({ title: "Do it" });
  const robot = resumable(b, `if [ $n = 1 ]; then report block "Which colour?"; end; fi; ${FINISH}`);
  await b.work([robot]);
  const { id } = item.item;
  await b.store.items.unblock({ by: human(), id, reason: "Blue" });
  await b.work([robot]);
  expect(await b.runsOf(item)).toMatchObject([
    { outcome: "blocked" },
    { outcome: "changed", sessionId: "s-R-1", resumes: 1 },
  ]);
});

test("RN75 its brief says first what holds no more, and then the item as it is", async () => {
  const b = await bench();
  await b.add({ title: "Do it" });
  const robot = resumable(b, `if [ $n = 1 ]; then echo half > half.txt; kill -9 $$; fi; ${FINISH}`);
  await b.work([robot], {}, { brief: workerBrief });
  expect(briefOf(b, "R-1")).toStartWith("# OB-1\n");
  const second = briefOf(b, "R-2");
  expect(second).toStartWith(
    "## Continue where you stopped\nYou worked on this before, as R-1, which ended as interrupted.",
  );
  const [, branch = ""] = /is on (\S+): read it/.exec(second) ?? [];
  expect(b.origin.git("show", `${branch}:half.txt`)).toBe("half");
  expect(second.indexOf("\n# OB-1\n")).toBeGreaterThan(0);
});

test("RN76 where the session is gone, a new one begins in the same run and costs the item nothing", async () => {
  const b = await bench();
  const item = await b.add({ title: "Do it" });
  const gone = b.sandbox.path("sessions", "s-R-1");
  const robot = resumable(b, `if [ $SLUICE_RUN = R-1 ]; then rm '${gone}'; kill -9 $$; fi; ${FINISH}`);
  const events = await b.work([robot], {}, { brief: workerBrief });
  expect(await b.runsOf(item)).toMatchObject([
    { outcome: "interrupted", sessionId: "s-R-1" },
    { outcome: "changed", sessionId: "s-R-2", resumes: null },
  ]);
  const [problem] = events.filter(({ type }) => type === "problem");
  expect(problem).toMatchObject({ code: "unavailable", run: "R-2" });
  expect(JSON.stringify(problem)).toContain("No conversation found");
  expect(briefOf(b, "R-2")).toStartWith("# OB-1\n");
  expect((await b.store.items.get({ id: item.item.id })).item).toMatchObject({ state: "done", attempts: 0 });
});

test("RN77 what a program counts over its whole session is counted once", async () => {
  const b = await bench();
  const item = await b.add({ title: "Do it" });
  const robot = resumable(b, `if [ $n -lt 3 ]; then report block "Not yet"; end; fi; ${FINISH}`);
  const { id } = item.item;
  for (const reason of ["Now?", "Now!"]) {
    await b.work([robot]);
    await b.store.items.unblock({ by: human(), id, reason });
  }
  await b.work([robot]);
  const runs = await b.runsOf(item);
  expect(runs.map(({ usage }) => usage?.inputTokens)).toEqual([10, 10, 10]);
  expect(runs.map(({ costUsd }) => costUsd?.toFixed(2))).toEqual(["0.01", "0.01", "0.01"]);
});

test("RN78 a session that is cut off each time goes on three times, and then a new one begins", async () => {
  const b = await bench();
  const item = await b.add({ title: "Do it" });
  const robot = resumable(b, `if [ $session = s-R-1 ]; then kill -9 $$; fi; ${FINISH}`);
  await b.work([robot]);
  expect((await b.runsOf(item)).map(({ sessionId, resumes }) => [sessionId, resumes])).toEqual([
    ["s-R-1", null],
    ["s-R-1", 1],
    ["s-R-1", 2],
    ["s-R-1", 3],
    ["s-R-5", null],
  ]);
});

test("RN78 with `resume` off each run begins anew", async () => {
  const b = await bench();
  const item = await b.add({ title: "Do it" });
  const robot = resumable(b, `if [ $SLUICE_RUN = R-1 ]; then kill -9 $$; fi; ${FINISH}`, { resume: false });
  await b.work([robot]);
  expect((await b.runsOf(item)).map(({ sessionId, resumes }) => [sessionId, resumes])).toEqual([
    ["s-R-1", null],
    ["s-R-2", null],
  ]);
});
