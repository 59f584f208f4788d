import { expect } from "bun:test";
import type { WorkerBench } from "#test/worker-bench.ts";

/** Each of the items OB-1 to OB-`count` done by one commit "Write it" on the target, and nothing left over. `story` is told with a failure. */
export async function expectUndisturbed(b: WorkerBench, count: number, story: string): Promise<void> {
  const ids = Array.from({ length: count }, (_, at) => at + 1);
  const details = await Promise.all(ids.map((id) => b.store.items.get({ id })));
  const { items: runs } = await b.store.runs.list({ page: { limit: 50 } });
  const facts = {
    subjects: b.origin.git("log", "--format=%s", "main").split("\n").toSorted(),
    items: details.map(({ item, evidence }) => [item.state, item.lane, evidence.length]),
    worktrees: b.origin.git("worktree", "list").split("\n").slice(1),
    fsck: b.origin.git("fsck", "--no-dangling", "--no-progress"),
    history: await b.store.history.check({ deep: true }),
  };
  const notes = details.flatMap((detail) => detail.notes.map(({ body }) => `${detail.item.id}: ${body}`));
  const outcomes = runs.map(({ id, itemId, outcome, reason }) => `R-${id} OB-${itemId} ${outcome} ${reason}`);
  expect(facts, [story, ...outcomes, ...notes].join("\n")).toEqual({
    subjects: ["Begin", ...ids.map((id) => `OB-${id}: Write it`)],
    items: ids.map(() => ["done", "autonomous_safe", 1]),
    worktrees: [],
    fsck: "",
    history: [],
  });
}
