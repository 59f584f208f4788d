import { expect, test } from "bun:test";
import { openBenches } from "#test/open-benches.ts";

const bench = openBenches();

const COMMITS = `echo done > "$SLUICE_ITEM.txt"; git add -A; git commit --quiet -m "Write it"`;

test("WK1 an item goes from the queue to its target branch", async () => {
  const b = await bench({ check: "test -f OB-1.txt" });
  const item = await b.add({ title: "Write the file" });
  const events = await b.work([b.agent("robot", `${COMMITS}; report finish changed`)]);
  const types = events.map(({ type }) => type);
  expect(types).toEqual([
    "started",
    "claimed",
    "prepared",
    "running",
    "checking",
    "checked",
    "landed",
    "done",
    "finished",
  ]);
  const { item: after, evidence } = await b.store.items.get({ id: item.item.id });
  expect(after.state).toBe("done");
  const head = b.origin.head("main");
  expect(evidence.map(({ kind, value }) => [kind, value])).toEqual([["commit", head]]);
  expect(b.origin.git("log", "-1", "--format=%an %s", "main")).toContain("Ada Human OB-1");
  expect(b.origin.git("show", "main:OB-1.txt")).toBe("done");
  expect(b.origin.git("branch", "--list", "sluice/*")).toBe("");
  const [run] = await b.runsOf(item);
  expect(run?.outcome).toBe("changed");
});
