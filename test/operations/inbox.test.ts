import { expect, test } from "bun:test";
import { z } from "zod";
import { REGISTRY } from "#operations/registry.ts";
import { operationBench, type OperationBench } from "#test/operation-bench.ts";
import { shown } from "#test/shown.ts";
import { agent, human, STORE_KINDS } from "#test/stores.ts";
import { run } from "../cli/run-sample.ts";

const Inbox = z.object({
  entries: z.array(
    z.looseObject({
      kind: z.string(),
      ref: z.string(),
      since: z.string(),
      overdue: z.boolean(),
      next: z.string(),
    }),
  ),
  counts: z.record(z.string(), z.number()),
});
const Board = z.object({ needs_you: z.record(z.string(), z.looseObject({ count: z.number() })) });

/** What the program says of a command line that it reads and does not run. */
const readError = async (line: string): Promise<string> => {
  const { stderr } = await run(line.trim().split(" "), {
    operations: REGISTRY,
    presenters: () => Promise.resolve({}),
    invoke: () => Promise.resolve({}),
  });
  return stderr;
};

async function claim(bench: OperationBench, ref: string) {
  const { lease } = z
    .object({ lease: z.object({ id: z.string() }) })
    .parse(await bench.call("claim", { ref }, { as: agent() }));
  return { lease: lease.id, as: agent("robot", lease.id) };
}

test.each(STORE_KINDS)(
  "OP59 on %s the inbox lists all that waits for a person, and agrees with the board",
  async (kind) => {
    await using bench = await operationBench(["app"], kind);
    const lane = "autonomous_safe";
    const add = (title: string, more = {}) => bench.call("item.add", { title, lane, ...more });
    await add("Ask me");
    await add("Look at me");
    await add("Wait for a no");
    await add("Unblock me");
    await add("Sort me", { lane: "requires_triage" });
    await add("Do me by hand", { lane: "requires_clickops" });
    await add("Not yet", { lane: "requires_triage" });
    await add("Lost");
    await bench.call("item.snooze", { ref: "OB-7", until: Date.now() + 86_400_000 });
    await bench.call("propose", { title: "Let me in" }, { as: agent() });
    const asked = await claim(bench, "OB-1");
    await bench.call("ask", { lease: asked.lease, question: "Which?", options: ["A"] }, { as: asked.as });
    const looked = await claim(bench, "OB-2");
    const result = { lease: looked.lease, outcome: "no_change", note: "It is so" };
    await bench.call("finish", result, { as: looked.as });
    const refused = await claim(bench, "OB-3");
    const first = { lease: refused.lease, note: "Too old", prerequisite: "Renew it" };
    await bench.call("block", first, { as: refused.as });
    await bench.call("gate.reject", { candidates: ["C-2"], reason: "Too dear" });
    const stuck = await claim(bench, "OB-4");
    await bench.call("block", { lease: stuck.lease, note: "No key" }, { as: stuck.as });
    await claim(bench, "OB-8");
    bench.workspace.advance(3_600_000);

    const answer = await bench.call("inbox", {}, { as: human() });
    const { entries, counts } = Inbox.parse(answer);
    expect(counts).toEqual({
      gate: 1,
      decision: 1,
      review: 1,
      manual: 1,
      triage: 2,
      blocked: 1,
      silent: 1,
    });
    for (const { next } of entries)
      for (const [, line = ""] of next.matchAll(/sluice ([a-z][^,.]*)/g))
        expect({ line, error: await readError(line) }).toEqual({ line, error: "" });
    const byRef = new Map(entries.map((entry) => [entry.ref, entry]));
    expect(byRef.get("OB-1")).toMatchObject({ kind: "decision", what: "Which?" });
    expect(byRef.get("OB-2")).toMatchObject({ kind: "review", what: "It is so" });
    expect(byRef.get("OB-3")?.["what"]).toContain("C-2 was rejected, for which this waited: Too dear");
    expect(byRef.get("OB-4")?.next).toContain("No key. Then: sluice item unblock OB-4");
    expect(byRef.has("OB-7")).toBe(false);
    expect(entries.map(({ since }) => since)).toEqual(entries.map(({ since }) => since).toSorted());
    const { needs_you: board } = Board.parse(await bench.call("status"));
    expect(
      [board["gate"], board["review"], board["blocked"], board["decisions"]].map((one) => one?.count),
    ).toEqual([counts["gate"], counts["review"], counts["blocked"], counts["decision"]]);
    // The board counts what is snoozed in a person's lane.
    expect(board["requires_triage"]?.count).toBe((counts["triage"] ?? 0) + 1);
    const some = Inbox.parse(await bench.call("inbox", { kinds: ["gate", "triage"], limit: 1 }));
    expect([some.entries.length, some.counts]).toEqual([1, { gate: 1, triage: 2 }]);
    expect(await shown("inbox", answer)).toContain("sluice gate show C-1");
    expect(await shown("inbox", answer)).toContain("Decide 5 of these one by one with: sluice sweep");
  },
);

test("OP59 the board keeps its columns and 80 of the terminal's", async () => {
  await using bench = await operationBench(["app"]);
  await bench.call("item.add", { title: "Which?", lane: "requires_investigation" });
  await bench.call("propose", { title: "Let me in" }, { as: agent() });
  const lines = (await shown("status", await bench.call("status"), { width: 80, now: Date.now() })).split(
    "\n",
  );
  expect(lines.filter((line) => line.length > 80)).toEqual([]);
  expect(lines).toContain("        sluice item list --lane requires_investigation");
  const columns = lines.flatMap((line) => (line.includes("oldest") ? [line.indexOf("oldest")] : []));
  expect(columns).toHaveLength(2);
  expect(new Set(columns).size).toBe(1);
});
