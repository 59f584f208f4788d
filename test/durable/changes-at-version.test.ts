import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { z } from "zod";
import type { AnyOperation } from "#operations/operation.ts";
import { REGISTRY } from "#operations/registry.ts";
import { operationBench, type OperationBench, type OperationName } from "#test/operation-bench.ts";
import { refusal } from "#test/refusal.ts";
import { human, STORE_KINDS } from "#test/stores.ts";
import { eventCount } from "./keyed-calls.ts";

setDefaultTimeout(60_000);

interface Change {
  readonly name: OperationName;
  /** Beside the ref. */
  readonly input?: object;
  /** What is done first, so that it may be. */
  readonly before?: readonly [OperationName, (ref: string) => object];
}

const CHANGES: readonly Change[] = [
  { name: "item.move", input: { lane: "requires_clickops" } },
  { name: "item.bump" },
  { name: "item.snooze", input: { until: 2_050_000_000_000 } },
  { name: "item.drop", input: { reason: "gone" } },
  { name: "item.close", input: { reason: "done by hand" } },
  {
    name: "item.reopen",
    input: { reason: "again" },
    before: ["item.drop", (ref) => ({ ref, reason: "gone" })],
  },
  { name: "item.unblock", before: ["block", (item) => ({ item, note: "no key" })] },
  {
    name: "decide",
    input: { answer: "No", reason: "old" },
    before: ["item.move", (ref) => ({ ref, lane: "requires_decision" })],
  },
  { name: "note", input: { text: "seen" } },
  { name: "plan.set", input: { body: "1. look" } },
  { name: "evidence.add", input: { evidence: { kind: "deploy", value: "web-1" } } },
  { name: "link.add", input: { kind: "relates", to: "OB-1" } },
  {
    name: "link.remove",
    input: { kind: "relates", to: "OB-1" },
    before: ["link.add", (ref) => ({ ref, kind: "relates", to: "OB-1" })],
  },
];

/** A claim answers the item as it is; a verdict is on a run; an undo and a redaction are of entries of the history. */
const OTHERWISE: readonly string[] = ["claim", "verify", "undo", "log.redact"];

describe.each([...STORE_KINDS])("%s", (kind) => {
  let opened: OperationBench | undefined;
  const bench = (): OperationBench => {
    if (opened === undefined) throw new Error("the workspace is not open");
    return opened;
  };
  beforeAll(async () => {
    opened = await operationBench(["app"], kind);
    await itemAtTwo();
  });
  afterAll(async () => {
    await opened?.[Symbol.asyncDispose]();
  });

  /** An item that was edited once. */
  async function itemAtTwo(): Promise<string> {
    const spec = { steps: [], risks: [], acceptance: [], premises: [] };
    const item = { projectId: 1, title: "Old", spec };
    const { item: added } = await bench().store.items.add({ by: human(), item });
    const ref = `OB-${added.id}`;
    await bench().call("item.edit", { ref, title: "New" });
    return ref;
  }

  for (const { name, input, before } of CHANGES)
    test(`DU41 ${name} is refused at another version, and done at this one`, async () => {
      const ref = await itemAtTwo();
      if (before !== undefined) await bench().call(before[0], before[1](ref));
      const { version } = (await bench().store.items.get({ id: Number(ref.slice(3)) })).item;
      const events = await eventCount(bench());
      for (const ifVersion of [version - 1, version + 1]) {
        const refused = await refusal(bench().call(name, { ref, ifVersion, ...input }));
        expect(refused).toMatchObject({ code: "conflict", details: { ref, version } });
      }
      expect(await eventCount(bench())).toBe(events);
      await bench().call(name, { ref, ifVersion: version, ...input });
      expect(await eventCount(bench())).toBeGreaterThan(events);
    });

  test("of an edit and a close of the same version at the same moment, the later is refused", async () => {
    const ref = await itemAtTwo();
    const both = await Promise.allSettled([
      bench().call("item.edit", { ref, ifVersion: 2, title: "Newer" }),
      bench().call("item.close", { ref, ifVersion: 2, reason: "as read" }),
    ]);
    expect(both.map(({ status }) => status).toSorted()).toEqual(["fulfilled", "rejected"]);
  });
});

test("DU41 each change of an item that its ref names takes a version", async () => {
  const without: string[] = [];
  for (const [name, load] of Object.entries(REGISTRY)) {
    const { input, effect, positional = [] }: AnyOperation = await load();
    const fields = input instanceof z.ZodObject ? Object.keys(input.shape) : [];
    if (effect !== "read" && positional[0] === "ref" && !fields.includes("ifVersion")) without.push(name);
  }
  expect(without.toSorted()).toEqual(OTHERWISE.toSorted());
});
