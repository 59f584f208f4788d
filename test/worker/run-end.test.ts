import { writeFileSync } from "node:fs";
import { expect, test } from "bun:test";
import { SluiceError } from "#domain/errors.ts";
import type { WorkerPort } from "#operations/worker/worker-operations.ts";
import { openBenches } from "#test/open-benches.ts";
import { agent } from "#test/stores.ts";
import type { WorkerBench } from "#test/worker-bench.ts";
import type { ItemDetail } from "#operations/ports/store/item-store.ts";
import type { Run } from "#operations/ports/store/run-store.ts";

const bench = openBenches();
const COMMIT = `echo done > result.txt; git add -A; git commit --quiet -m "Do it"`;

/** Lets one agent work on one item once: its back-off or new turn is not waited for. */
async function once(b: WorkerBench, script: string): Promise<{ item: ItemDetail; run: Run }> {
  const item = await b.add({ title: "Do it" });
  const drain = new AbortController();
  await b.work([b.agent("robot", script)], {
    drain: drain.signal,
    emit: ({ type }) => {
      if (type === "running") drain.abort();
    },
  });
  const [run] = await b.runsOf(item);
  if (run === undefined) throw new Error("nothing ran");
  return { item: await b.store.items.get({ id: item.item.id }), run };
}

test("WK3 a command that ends well and leaves commits has finished", async () => {
  const b = await bench();
  const { item, run } = await once(b, COMMIT);
  expect([run.outcome, item.item.state]).toEqual(["changed", "done"]);
  expect(b.origin.git("show", "main:result.txt")).toBe("done");
});

test("WK4 exit code 0 without a report and without commits is an attempt, whatever was said", async () => {
  const b = await bench();
  const { item, run } = await once(b, "echo I am done; echo left > open.txt");
  expect([run.outcome, item.item.state, item.item.attempts]).toEqual(["unexplained", "open", 1]);
  expect(b.origin.git("log", "--format=%s", "main")).toBe("Begin");
});

test("WK5 what an agent left uncommitted is kept on the run's branch", async () => {
  const b = await bench();
  const { run } = await once(b, "echo half > half.txt; exit 3");
  expect(run.outcome).toBe("agent_failed");
  const [place] = run.repos;
  expect(b.origin.git("show", `${place?.branch}:half.txt`)).toBe("half");
  expect(b.origin.git("worktree", "list").split("\n")).toHaveLength(1);
});

test("a run that deletes its own worktree leaves none registered", async () => {
  const b = await bench();
  const { run } = await once(b, `rm -rf "$PWD"; exit 3`);
  expect(run.outcome).toBe("agent_failed");
  expect(b.origin.git("worktree", "list").split("\n")).toHaveLength(1);
});

test("WK6 an agent's own word decides, not its exit code", async () => {
  const b = await bench();
  const blocked = await once(b, `report block "The premise is false"; exit 7`);
  expect([blocked.run.outcome, blocked.item.item.state]).toEqual(["blocked", "blocked"]);
  const finished = await once(b, `${COMMIT}; report finish changed; exit 7`);
  expect([finished.run.outcome, finished.item.item.state]).toEqual(["changed", "done"]);
});

test("work that an agent reported and did not commit lands too", async () => {
  const b = await bench();
  const { item } = await once(b, `echo done > result.txt; report finish changed`);
  expect(item.item.state).toBe("done");
  expect(b.origin.git("show", "main:result.txt")).toBe("done");
  expect(b.origin.git("log", "-1", "--format=%s", "main")).toBe("OB-1: Do it");
});

test("WK8 an agent that runs too long, or is silent too long, is ended and that is an attempt", async () => {
  const late = await once(
    await bench({ limits: { runTimeoutMs: 300 } }),
    "while :; do echo on; sleep 0.05; done",
  );
  expect([late.run.outcome, late.item.item.attempts]).toEqual(["timed_out", 1]);
  const silent = await once(await bench({ limits: { stallMs: 300 } }), "sleep 60");
  expect([silent.run.outcome, silent.item.item.attempts]).toEqual(["stalled", 1]);
});

test("a silent agent that calls the backlog is not stalled", async () => {
  const stallMs = 3_000;
  const b = await bench({ limits: { stallMs } });
  const item = await b.add({ title: "Do it" });
  const gate = b.sandbox.path("gate");
  let looks = 0;
  // Before each look of the worker there was a call. They are made from here: a program of its own may take longer to start than the limit.
  const sleep: typeof b.deps.sleep = async (ms, signal) => {
    await b.deps.sleep(ms, signal);
    if (ms !== stallMs / 4 || signal?.aborted === true) return;
    const [run] = await b.runsOf(item);
    const leaseId = run?.leaseId ?? "";
    await b.store.claims.heartbeat({ by: agent("robot", leaseId), leaseId });
    looks += 1;
    // Half as long again as silence may last.
    if (looks === 6) writeFileSync(gate, "");
  };
  const silent = `while [ ! -e '${gate}' ]; do sleep 0.05; done; ${COMMIT}`;
  await b.work([b.agent("robot", silent)], {}, { sleep });
  expect((await b.runsOf(item)).map(({ outcome }) => outcome)).toEqual(["changed"]);
});

test("an agent that something killed is a loss, not an attempt", async () => {
  const { item, run } = await once(await bench(), "kill -9 $$");
  expect([run.outcome, item.item.attempts, item.item.losses]).toEqual(["interrupted", 0, 1]);
});

test("a report of a change without any change is an attempt", async () => {
  const { item, run } = await once(await bench(), "report finish changed");
  expect([run.outcome, item.item.state, item.item.attempts]).toEqual(["unexplained", "open", 1]);
});

test("WK11 a run that a person ends is stopped, and nothing is recorded over it", async () => {
  const b = await bench();
  const item = await b.add({ title: "Do it" });
  const drain = new AbortController();
  const { human } = await import("#test/stores.ts");
  // Longer than a test may last: it ends because it is stopped.
  await b.work([b.agent("robot", "sleep 600")], {
    drain: drain.signal,
    emit: (event) => {
      if (event.type !== "running") return;
      drain.abort();
      void b.store.claims.end({ by: human(), runId: 1, outcome: "revoked", note: "Not now" });
    },
  });
  const [run] = await b.runsOf(item);
  expect([run?.outcome, run?.reason]).toEqual(["revoked", "Not now"]);
});

test("an agent whose start the store does not take is ended before its run is", async () => {
  const b = await bench();
  await b.add({ title: "Do it" });
  const drain = new AbortController();
  const alive: number[] = [];
  let token = "";
  const port = new Proxy(b.deps.port, {
    get: (target, name: keyof WorkerPort) => async (input: never) => {
      const { facts } = input as { facts?: { token?: string; agent?: string } };
      token = facts?.token ?? token;
      if (facts?.agent !== undefined) throw new SluiceError("unavailable", "The store is busy");
      if (name === "end") {
        alive.push(b.launcher.findRunProcesses({ token }).length);
        drain.abort();
      }
      return await target[name](input);
    },
  });
  await b.work([b.agent("robot", "sleep 60")], { drain: drain.signal }, { port });
  expect(alive).toEqual([0]);
});
