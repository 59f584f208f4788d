import { expect, test } from "bun:test";
import { z } from "zod";
import { textWith } from "#test/matching.ts";
import { operationBench, type OperationBench } from "#test/operation-bench.ts";
import { refusal } from "#test/refusal.ts";
import { agent, human } from "#test/stores.ts";

const Claimed = z.object({
  item: z.object({ ref: z.string() }),
  lease: z.object({ id: z.string(), fence: z.int(), holder: z.string(), expires_at: z.iso.datetime() }),
  run: z.object({ ref: z.string() }),
});

async function claimOne(bench: OperationBench, title = "One") {
  await bench.call("item.add", { title, lane: "autonomous_safe" });
  const claimed = Claimed.parse(await bench.call("claim", {}, { as: agent() }));
  return { ...claimed, lease: claimed.lease.id, as: agent("robot", claimed.lease.id) };
}

test("OP22 a claim answers item, lease and run; then nothing is ready, with the counts", async () => {
  await using bench = await operationBench();
  await bench.call("item.add", { title: "For people" });
  await bench.call("propose", { title: "Maybe" }, { as: agent() });
  const { item, run } = await claimOne(bench);
  expect([item.ref, run.ref]).toEqual(["OB-2", "R-1"]);
  const { code, message, details } = await refusal(bench.call("claim", {}, { as: agent("other") }));
  expect(code).toBe("nothing_ready");
  expect(message).toContain("1 leased");
  expect(details.why).toMatchObject({
    ready: 0,
    leased: 1,
    at_gate: 1,
    waiting_on_humans: { requires_triage: 1 },
  });
  const named = await refusal(bench.call("claim", { ref: "OB-1" }, { as: agent() }));
  expect(["conflict", "denied"]).toContain(named.code);
});

test("OP52 a claim from inside a run is denied and kept", async () => {
  await using bench = await operationBench();
  const { as, run } = await claimOne(bench);
  await bench.call("item.add", { title: "Two", lane: "autonomous_safe" });
  for (const input of [{}, { ref: "OB-2" }])
    expect((await refusal(bench.call("claim", input, { as: { ...as, run: run.ref } }))).code).toBe("denied");
  const { items } = await bench.store.denials.list({ page: { limit: 10 } });
  expect(items.map(({ operation }) => operation)).toEqual(["claim"]);
  expect(await bench.call("claim", {}, { as })).toHaveProperty("item.ref", "OB-2");
});

test("OP23 the caller's own lease is the default", async () => {
  await using bench = await operationBench();
  const { as, lease } = await claimOne(bench);
  expect(await bench.call("heartbeat", {}, { as })).toMatchObject({ lease: { id: lease } });
  expect((await refusal(bench.call("heartbeat", {}, { as: agent() }))).code).toBe("invalid");
  expect((await refusal(bench.call("heartbeat", { lease: "Lwrong" }, { as: agent() }))).code).toBe(
    "lease_lost",
  );
});

test("each way to end a run frees the item and answers the run", async () => {
  await using bench = await operationBench();
  const one = await claimOne(bench);
  expect(await bench.call("release", { lease: one.lease, note: "Tired" }, { as: one.as })).toMatchObject({
    item: { state: "open" },
    run: { ref: "R-1", outcome: "released" },
  });
  await bench.call("item.drop", { ref: "OB-1", reason: "done with it" });
  const two = await claimOne(bench);
  const asked = { lease: two.lease, question: "Keep it?", options: ["Yes", "No"], default: 2 };
  expect((await refusal(bench.call("ask", { ...asked, default: 3 }, { as: two.as }))).code).toBe("invalid");
  expect(await bench.call("ask", asked, { as: two.as })).toMatchObject({
    item: { lane: "requires_decision", questions: [{ question: "Keep it?", default_option: "No" }] },
    run: { outcome: "asked" },
  });
  expect(await bench.call("decide", { ref: "OB-2", answer: "No", reason: "Unused" })).toMatchObject({
    item: {
      lane: "autonomous_safe",
      questions: [{ answer: "No", reason: "Unused", answered_by: "human:ada" }],
    },
  });
  await bench.call("item.drop", { ref: "OB-2", reason: "x" });
  const three = await claimOne(bench);
  const blocked = {
    lease: three.lease,
    note: "No user id",
    prerequisite: "Add user_id",
    body: "To sessions",
  };
  expect(await bench.call("block", blocked, { as: three.as })).toMatchObject({
    item: { state: "blocked" },
    run: { outcome: "blocked" },
    prerequisite: { kind: "candidate", ref: "C-1", title: "Add user_id" },
  });
  expect(await bench.call("item.unblock", { ref: "OB-3" })).toMatchObject({ item: { state: "open" } });
  const four = await claimOne(bench, "Four");
  const evidence = [{ kind: "check", value: "bun test" }];
  const finished = await bench.call("finish", { lease: four.lease, note: "Done", evidence }, { as: four.as });
  expect(finished).toMatchObject({ item: { state: "review" }, run: { reported: "changed" } });
  expect((await refusal(bench.call("heartbeat", { lease: four.lease }, { as: four.as }))).code).toBe(
    "lease_lost",
  );
});

test("a person blocks without a lease, an agent does not", async () => {
  await using bench = await operationBench();
  await bench.call("item.add", { title: "One", lane: "autonomous_safe" });
  const input = { item: "OB-1", note: "Wait for legal" };
  expect((await refusal(bench.call("block", input, { as: agent() }))).code).toBe("denied");
  expect(await bench.call("block", input)).toMatchObject({ item: { state: "blocked" } });
  expect((await refusal(bench.call("block", { lease: "L", note: "x", body: "y" }))).code).toBe("invalid");
});

test("nothing changed needs a reason", async () => {
  await using bench = await operationBench();
  const { as, lease } = await claimOne(bench);
  for (const outcome of ["no_change", "already_satisfied"])
    expect((await refusal(bench.call("finish", { lease, outcome }, { as }))).details.field).toBe("note");
  expect(await bench.call("finish", { lease, outcome: "no_change", note: "Is fine" }, { as })).toMatchObject({
    run: { reported: "no_change" },
  });
});

test("OP26 wait ends when something is ready, or at the time-out", async () => {
  await using bench = await operationBench();
  let time = 0;
  const clock = {
    now: () => time,
    sleep: async (ms: number) => {
      time += ms;
      if (time === 3_000) await bench.call("item.add", { title: "One", lane: "autonomous_safe" });
    },
  };
  expect(await bench.call("wait", { timeout: 60_000 }, { context: clock })).toEqual({ ready: 1 });
  expect(time).toBe(3_000);
  await bench.call("claim", {}, { as: agent() });
  expect((await refusal(bench.call("wait", { timeout: 2_000 }, { context: clock }))).code).toBe(
    "nothing_ready",
  );
  expect(time).toBe(5_000);
});

test("OP27 why names every reason", async () => {
  await using bench = await operationBench();
  await bench.call("item.add", { title: "First" });
  await bench.call("item.add", { title: "Second", blockedBy: ["OB-1"] });
  await bench.call("item.add", { title: "Part", parent: "OB-2" });
  await bench.call("item.snooze", { ref: "OB-2", until: Date.UTC(2030, 0, 1) });
  await bench.call("pause", { project: "app", reason: "Release" });
  const why = await bench.call("why", { ref: "OB-2" });
  const { reasons } = z.object({ reasons: z.array(z.object({ code: z.string() })) }).parse(why);
  expect(reasons.map(({ code }) => code).toSorted()).toEqual([
    "blocked",
    "children",
    "lane",
    "not_before",
    "paused",
  ]);
  expect(why).toMatchObject({ ref: "OB-2", claimable: false });
  expect(JSON.stringify(why)).toContain("OB-1 (open): First");
  expect(await bench.call("resume", { project: "app" })).toEqual({ paused: [] });
});

test("OP27 why says who holds it, and how many stand before it", async () => {
  await using bench = await operationBench();
  await claimOne(bench);
  await bench.call("item.add", { title: "Two", lane: "autonomous_safe" });
  await bench.call("item.add", { title: "Three", lane: "autonomous_safe" });
  expect(await bench.call("why", { ref: "OB-1" })).toMatchObject({
    claimable: false,
    reasons: [{ code: "leased", text: textWith("ai:robot (R-1)") }],
  });
  expect(await bench.call("why", { ref: "OB-3" })).toMatchObject({ claimable: true, reasons: [], ahead: 1 });
  await bench.call("item.close", { ref: "OB-2", reason: "x" });
  expect(await bench.call("why", { ref: "OB-2" })).toMatchObject({ reasons: [{ code: "state" }] });
});

test("next takes nothing", async () => {
  await using bench = await operationBench();
  expect(await bench.call("next")).not.toHaveProperty("item");
  await bench.call("item.add", { title: "One", lane: "autonomous_safe" });
  for (const _ of [1, 2]) {
    const shown = await bench.call("next", {}, { as: { ...human(), authority: "viewer" } });
    expect(shown).toMatchObject({ item: { ref: "OB-1" } });
    expect(shown).not.toHaveProperty("why");
  }
  const none = await bench.call("next", { kind: "write" });
  expect(none).not.toHaveProperty("item");
  expect(none).toMatchObject({ why: { ready: 1 } });
});
