import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { z } from "zod";
import { operationBench, type OperationBench, type OperationName } from "#test/operation-bench.ts";
import { refusal } from "#test/refusal.ts";
import { agent, human, STORE_KINDS } from "#test/stores.ts";

setDefaultTimeout(60_000);

const Item = z.object({ item: z.looseObject({ ref: z.string() }) });
const AGENTS = "autonomous_safe";
/** A rejection answers the same proposal for 90 days. */
const REJECTED_FOR_MS = 91 * 86_400_000;

/** What undoing has to bring back. When and how often it was changed goes on, and the reason that was given stays as a note. */
function essence(answer: unknown): object {
  const { version: _version, updated_at: _updated, notes: _notes, ...rest } = Item.parse(answer).item;
  return rest;
}

describe.each([...STORE_KINDS])("%s", (kind) => {
  let opened: OperationBench | undefined;
  const bench = (): OperationBench => {
    if (opened === undefined) throw new Error("the workspace is not open");
    return opened;
  };
  const call = (name: OperationName, input: object = {}, as = human()) => bench().call(name, input, { as });
  const add = async (more: object = {}): Promise<string> =>
    Item.parse(
      await call("item.add", { title: "Old", priority: "P2", labels: ["a"], why: "Because", ...more }),
    ).item.ref;
  const show = async (ref: string) => essence(await call("item.show", { ref }));

  beforeAll(async () => {
    opened = await operationBench(["app"], kind);
  });
  afterAll(async () => {
    expect(await opened?.store.history.check({ deep: true })).toEqual([]);
    await opened?.[Symbol.asyncDispose]();
  });

  const CHANGES: readonly (readonly [OperationName, object])[] = [
    ["item.edit", { title: "New" }],
    ["item.edit", { labels: ["b", "c"], noPriority: true, kind: "research", type: "bug" }],
    ["item.edit", { why: "Other", problem: "Not there before", steps: [{ text: "One" }] }],
    ["item.edit", { paths: [{ pattern: "src/**" }] }],
    ["item.move", { lane: "requires_clickops" }],
    ["item.bump", {}],
    ["item.snooze", { until: 1_900_000_000_000 }],
    ["item.drop", { reason: "No" }],
    ["link.add", { kind: "blocked_by", to: "OB-1" }],
  ];

  test("DU31 what was changed is as before", async () => {
    const repo = bench().sandbox.repo("code");
    repo.commit();
    await call("repo.add", { paths: [repo.dir], alias: "code" });
    await add();
    for (const [operation, input] of CHANGES) {
      const ref = await add({ lane: AGENTS });
      const before = await show(ref);
      await call(operation, { ref, ...input });
      expect([operation, await show(ref)]).not.toEqual([operation, before]);
      const answer = await call("undo");
      expect(answer).toMatchObject({ undone: { ref, operation } });
      expect([operation, await show(ref)]).toEqual([operation, before]);
    }
  });

  test("DU31 a link that was removed is there again", async () => {
    const [to, ref] = [await add(), await add()];
    await call("link.add", { ref, kind: "blocked_by", to });
    const before = await show(ref);
    await call("link.remove", { ref, kind: "blocked_by", to });
    await call("undo");
    expect(await show(ref)).toEqual(before);
  });

  test("DU31 a rejected candidate waits at the gate again", async () => {
    const { candidate } = z
      .object({ candidate: z.object({ ref: z.string() }) })
      .parse(await call("propose", { title: "Maybe" }, agent()));
    await call("gate.reject", { candidates: [candidate.ref], reason: "No" });
    expect(await call("undo")).toMatchObject({ candidate: { ref: candidate.ref, state: "pending" } });
    await call("gate.approve", { candidates: [candidate.ref] });
  });

  test("DU31 what others changed in other fields stays", async () => {
    const ref = await add();
    await call("item.edit", { ref, title: "New" });
    await call("item.edit", { ref, why: "Theirs" }, human("bob"));
    await call("undo", { ref });
    expect(await call("item.show", { ref })).toMatchObject({
      item: { title: "Old", spec: { why: "Theirs" } },
    });
  });

  test("DU32 taking back is told, and again takes back the one before", async () => {
    const ref = await add();
    await call("item.edit", { ref, title: "First" });
    await call("item.edit", { ref, title: "Second" });
    await call("undo", { ref });
    expect(await call("item.show", { ref })).toMatchObject({ item: { title: "First" } });
    await call("undo", { ref });
    expect(await call("item.show", { ref })).toMatchObject({ item: { title: "Old" } });
    const { events } = z
      .object({ events: z.array(z.object({ operation: z.string(), changes: z.looseObject({}) })) })
      .parse(await call("log", { ref, raw: true }));
    expect(events.slice(0, 2).map(({ operation, changes }) => [operation, changes["undoes"]])).toEqual([
      ["undo", { n: 2, operation: "item.edit", actor: "human:ada" }],
      ["undo", { n: 3, operation: "item.edit", actor: "human:ada" }],
    ]);
  });

  test("DU33 what has changed since is not taken back", async () => {
    const later: readonly (readonly [OperationName, object, OperationName, object, string])[] = [
      ["item.edit", { title: "Mine" }, "item.edit", { title: "Theirs" }, "Theirs"],
      ["item.move", { lane: AGENTS }, "item.move", { lane: "requires_clickops" }, "requires_clickops"],
      ["item.drop", { reason: "No" }, "item.reopen", { reason: "Yes" }, "open"],
    ];
    for (const [mine, input, theirs, other, now] of later) {
      const ref = await add();
      await call(mine, { ref, ...input });
      await call(theirs, { ref, ...other }, human("bob"));
      const before = await call("item.show", { ref });
      const refused = await refusal(call("undo", { ref }));
      expect(refused.code).toBe("conflict");
      expect(JSON.stringify(refused.details)).toContain(now);
      expect(await call("item.show", { ref })).toEqual(before);
    }
  });

  test("DU33 a rejection is taken back once, and not while the same waits at the gate again", async () => {
    await using own = await operationBench(["app"], kind);
    const call = (name: OperationName, input: object, as = human()) => own.call(name, input, { as });
    const Proposed = z.object({ candidate: z.object({ ref: z.string() }) });
    const propose = async () =>
      Proposed.parse(await call("propose", { title: "Twice" }, agent())).candidate.ref;
    const stateOf = async (ref: string) => (await own.store.gate.get({ id: Number(ref.slice(2)) })).state;
    const first = await propose();
    await call("gate.reject", { candidates: [first], reason: "No" });
    expect(await propose()).toBe(first);
    own.workspace.advance(REJECTED_FOR_MS);
    const second = await propose();
    expect(second).not.toBe(first);
    const waits = await refusal(call("undo", { ref: first }));
    expect([waits.code, waits.details["pending"]]).toEqual(["conflict", second]);
    expect(await stateOf(first)).toBe("rejected");
    await call("gate.reject", { candidates: [second], reason: "No" }, human("bob"));
    await call("undo", { ref: first });
    expect(await stateOf(first)).toBe("pending");
  });

  test("DU34 what has no meaning to take back is refused, and an earlier change may be named", async () => {
    const ref = await add();
    expect((await refusal(call("undo", { ref }))).hint).toContain(`sluice item drop ${ref} --reason`);
    await call("item.edit", { ref, title: "New" });
    await call("note", { ref, text: "Seen" });
    const refused = await refusal(call("undo"));
    expect([refused.code, refused.details["operation"]]).toEqual(["conflict", "note"]);
    await call("undo", { ref, entry: 2 });
    expect(await call("item.show", { ref })).toMatchObject({ item: { title: "Old" } });
    await call("item.close", { ref, reason: "Done" });
    expect((await refusal(call("undo"))).hint).toContain("sluice item reopen");
    expect((await refusal(call("undo", { entry: 2 }))).code).toBe("invalid");
  });

  test("DU34 an item that was blocked when it was dropped does not go back there", async () => {
    const ref = await add();
    await call("block", { item: ref, note: "Rain" });
    await call("item.drop", { ref, reason: "No" });
    expect((await refusal(call("undo"))).hint).toContain("sluice item reopen");
  });

  test("DU34 what left the item as it was is refused, whoever did it", async () => {
    const same: readonly (readonly [OperationName, object])[] = [
      ["item.move", { lane: AGENTS }],
      ["item.bump", {}],
      ["item.edit", { title: "Old" }],
    ];
    for (const [operation, input] of same) {
      const ref = await add({ lane: AGENTS });
      if (operation === "item.bump") await call(operation, { ref });
      await call(operation, { ref, ...input }, human("bob"));
      const before = await show(ref);
      const refused = await refusal(call("undo", { ref }, human("bob")));
      expect([operation, refused.code]).toEqual([operation, "conflict"]);
      expect(await show(ref)).toEqual(before);
    }
  });

  test("nobody takes back what another changed, and an agent nothing", async () => {
    const ref = await add();
    await call("item.edit", { ref, title: "New" });
    expect((await refusal(call("undo", { ref }, human("carol")))).code).toBe("not_found");
    expect((await refusal(call("undo", { ref }, agent()))).code).toBe("denied");
  });
});
