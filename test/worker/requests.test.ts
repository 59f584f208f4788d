import { expect, setDefaultTimeout, test } from "bun:test";
import type { WorkerPort } from "#operations/worker/worker-operations.ts";
import { openWorkerBench } from "#test/worker-bench.ts";

setDefaultTimeout(60_000);

/** From a worker's start to its end; against a server each is a request. */
const AT_MOST = 36;

/** The port, with a list of what was called. */
function counted(port: WorkerPort, calls: string[]): WorkerPort {
  return new Proxy(port, {
    get: (all, name, receiver) => {
      calls.push(String(name));
      const call: unknown = Reflect.get(all, name, receiver);
      return call;
    },
  });
}

test("a worker asks and writes a bounded number of times for one item, from its start to its end", async () => {
  // So seldom that nothing is asked again and again.
  const bench = await openWorkerBench({
    check: "test -e done",
    limits: { pollMs: 60_000, recoverEveryMs: 60_000 },
  });
  try {
    const agent = bench.agent("committer", "echo 1 > done\ngit add done\ngit commit --quiet -m 'Do it'");
    await bench.add({ title: "Do it" });
    const calls: string[] = [];
    const port = counted(bench.deps.port, calls);
    const events = await bench.work([agent], { backgroundSlots: 0 }, { port });
    expect(events.map(({ type }) => type)).toContain("done");
    if (calls.length > AT_MOST) throw new Error(`${calls.length} calls: ${calls.join(" ")}`);
  } finally {
    await bench.close();
  }
});
