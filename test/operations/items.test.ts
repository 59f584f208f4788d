import { expect, test } from "bun:test";
import { z } from "zod";
import { checkoutAround } from "#compose/machine-parts.ts";
import { gitUnderTest } from "#test/git-under-test.ts";
import { listWith } from "#test/matching.ts";
import { operationBench } from "#test/operation-bench.ts";
import { refusal } from "#test/refusal.ts";
import { agent, human } from "#test/stores.ts";

const Items = z.object({
  items: z.array(z.object({ title: z.string() })),
  page: z.object({ next: z.string().nullable() }),
});

test("OP6 something new goes to the named, the surrounding or the only project", async () => {
  await using bench = await operationBench();
  expect(await bench.call("item.add", { title: "One" })).toMatchObject({ item: { project: "app" } });
  await bench.call("project.add", { name: "Web", alias: "web" });
  const { code, details } = await refusal(bench.call("item.add", { title: "Two" }));
  expect([code, details.accepted]).toEqual(["invalid", ["app", "web"]]);
  expect(await bench.call("item.add", { title: "Two", project: "web" })).toMatchObject({
    item: { project: "web", ref: "OB-2" },
  });
  const repo = bench.sandbox.repo("site");
  await bench.call("repo.add", { paths: [repo.dir], project: "web" });
  const git = gitUnderTest(bench.sandbox);
  const inside = { context: { checkout: () => checkoutAround(git, human().host, repo.dir) } };
  expect(await bench.call("item.add", { title: "Three" }, inside)).toMatchObject({
    item: { project: "web" },
  });
  expect((await refusal(bench.call("item.add", { title: "Four", project: "nope" }))).code).toBe("not_found");
});

test("an agent's item waits at the gate", async () => {
  await using bench = await operationBench();
  const answer = await bench.call("item.add", { title: "Mine", lane: "autonomous_safe" }, { as: agent() });
  expect(answer).toMatchObject({
    candidate: { ref: "C-1", state: "pending", proposed_by: "ai:robot", wishes: { lane: "autonomous_safe" } },
  });
  expect(answer).not.toHaveProperty("item");
  expect(await bench.call("item.list")).toMatchObject({ items: [] });
});

test("OP11 a command is approved by the human who writes it, and by no claim", async () => {
  await using bench = await operationBench();
  const premises = [{ kind: "command", run: "make check", approvedBy: "human:eve" }];
  expect(await bench.call("item.add", { title: "One", premises })).toMatchObject({
    item: { spec: { premises: [{ run: "make check", approved_by: "human:ada" }] } },
  });
  const proposed = await bench.call("propose", { title: "Two", premises }, { as: agent() });
  expect(proposed).toMatchObject({ candidate: { spec: { premises: [{ run: "make check" }] } } });
  expect(JSON.stringify(proposed)).not.toContain("approved_by");
});

test("OP16 a lane is found by its role, a number alone by the kind that is asked for", async () => {
  await using bench = await operationBench();
  const added = await bench.call("item.add", { title: "One", lane: "decision" });
  expect(added).toMatchObject({ item: { ref: "OB-1", lane: "requires_decision" } });
  expect(await bench.call("item.move", { ref: "1", lane: "agent" })).toMatchObject({
    item: { ref: "OB-1", lane: "autonomous_safe" },
  });
  expect(Items.parse(await bench.call("item.list", { lanes: ["agent"] })).items).toHaveLength(1);
  await bench.call("propose", { title: "Two" }, { as: agent() });
  expect(await bench.call("gate.approve", { candidates: ["1"], lane: "triage" })).toMatchObject({
    approved: [{ candidate: { ref: "C-1" }, item: { ref: "OB-2", lane: "requires_triage" } }],
  });
  expect((await refusal(bench.call("item.show", { ref: "9" }))).code).toBe("not_found");
  expect((await refusal(bench.call("item.move", { ref: "1", lane: "nowhere" }))).code).toBe("invalid");
});

test("a list filters and goes on", async () => {
  await using bench = await operationBench();
  for (const title of ["Alpha login", "Beta", "Gamma login"])
    await bench.call("item.add", { title, labels: [title[0]] });
  await bench.call("item.move", { ref: "OB-2", lane: "requires_decision" });
  const titles = async (input: object) =>
    Items.parse(await bench.call("item.list", input)).items.map(({ title }) => title);
  expect(await titles({ lanes: ["requires_decision"] })).toEqual(["Beta"]);
  expect((await titles({ search: "log*" })).toSorted()).toEqual(["Alpha login", "Gamma login"]);
  expect(await titles({ label: "G" })).toEqual(["Gamma login"]);
  expect(await titles({ states: ["done"] })).toEqual([]);
  expect(await titles({ actor: "human:bob" })).toEqual([]);
  const first = Items.parse(await bench.call("item.list", { limit: 2 }));
  const rest = Items.parse(await bench.call("item.list", { limit: 2, cursor: first.page.next }));
  expect([first.items.length, rest.items.length, rest.page.next]).toEqual([2, 1, null]);
});

test("an edit changes what it names, at the version it expects", async () => {
  await using bench = await operationBench();
  await bench.call("item.add", { title: "Old", why: "Because", priority: "P2", steps: [{ text: "a" }] });
  expect(
    await bench.call("item.edit", { ref: "ob-1", ifVersion: 1, title: "New", noPriority: true }),
  ).toMatchObject({ item: { title: "New", version: 2, spec: { why: "Because", steps: [{ text: "a" }] } } });
  expect(await bench.call("item.show", { ref: "OB-1" })).not.toHaveProperty("item.priority");
  expect((await refusal(bench.call("item.edit", { ref: "OB-1", ifVersion: 1, title: "Again" }))).code).toBe(
    "conflict",
  );
  expect((await refusal(bench.call("item.edit", { ref: "OB-1" }))).code).toBe("invalid");
});

test("an agent moves work away from agents only", async () => {
  await using bench = await operationBench();
  await bench.call("item.add", { title: "Theirs", lane: "autonomous_safe" });
  const as = agent();
  expect(await bench.call("item.move", { ref: "OB-1", lane: "requires_decision" }, { as })).toMatchObject({
    item: { lane: "requires_decision" },
  });
  const back = bench.call("item.move", { ref: "OB-1", lane: "autonomous_safe" }, { as });
  expect((await refusal(back)).code).toBe("denied");
  expect((await refusal(bench.call("item.move", { ref: "OB-1", lane: "nowhere" }))).code).toBe("invalid");
});

test("an item is dropped, opened again, bumped, put to sleep and closed", async () => {
  await using bench = await operationBench();
  await bench.call("item.add", { title: "One", lane: "autonomous_safe" });
  const ref = "OB-1";
  expect(await bench.call("item.drop", { ref, reason: "gone" })).toMatchObject({
    item: { state: "dropped" },
  });
  expect((await refusal(bench.call("item.drop", { ref, reason: "again" }))).code).toBe("conflict");
  expect(await bench.call("item.reopen", { ref, reason: "back" })).toMatchObject({ item: { state: "open" } });
  expect(await bench.call("item.bump", { ref })).toMatchObject({ item: { urgent: true } });
  const until = Date.UTC(2030, 0, 1);
  expect(await bench.call("item.snooze", { ref, until })).toMatchObject({
    item: { not_before: "2030-01-01T00:00:00.000Z" },
  });
  expect((await refusal(bench.call("item.snooze", { ref, until: Date.UTC(2100, 0, 1) }))).code).toBe(
    "invalid",
  );
  const closed = await bench.call("item.close", {
    ref,
    reason: "by hand",
    evidence: [{ kind: "commit", value: "1a2b3c4" }],
  });
  expect(closed).toMatchObject({ item: { state: "done", evidence: [{ kind: "commit", value: "1a2b3c4" }] } });
  expect((await refusal(bench.call("item.drop", { ref: "OB-9", reason: "x" }))).code).toBe("not_found");
});

test("a link shows at both ends and blocks until it is removed", async () => {
  await using bench = await operationBench();
  await bench.call("item.add", { title: "Second", lane: "autonomous_safe" });
  await bench.call("item.add", { title: "First" });
  const link = { ref: "OB-1", kind: "blocked_by", to: "OB-2" };
  expect(await bench.call("link.add", link)).toMatchObject({
    item: { open_blockers: 1, links: [{ kind: "blocked_by", to: "OB-2", title: "First", state: "open" }] },
  });
  expect(await bench.call("item.show", { ref: "OB-2" })).toMatchObject({ item: { blocks: ["OB-1"] } });
  const circle = bench.call("link.add", { ref: "OB-2", kind: "blocked_by", to: "OB-1" });
  expect((await refusal(circle)).code).toBe("conflict");
  expect((await refusal(bench.call("link.add", { ...link, to: "R-1" }))).code).toBe("invalid");
  expect(await bench.call("link.remove", link)).toMatchObject({ item: { open_blockers: 0, links: [] } });
});

test("notes, plans and evidence are kept with who wrote them", async () => {
  await using bench = await operationBench();
  await bench.call("item.add", { title: "One" });
  const ref = "OB-1";
  expect(await bench.call("note", { ref, text: "Look at a.ts" })).toMatchObject({
    note: { actor: "human:ada", body: "Look at a.ts", by_holder: false },
  });
  await bench.call("plan.set", { ref, body: "First idea" });
  expect(await bench.call("plan.set", { ref, body: "Better idea" })).toMatchObject({ plan: { version: 2 } });
  expect(await bench.call("plan.history", { ref })).toMatchObject({
    plans: listWith({ version: 1, body: "First idea" }, { version: 2, body: "Better idea" }),
  });
  await bench.call("evidence.add", { ref, evidence: { kind: "pr", value: "https://example.org/1" } });
  expect(await bench.call("item.show", { ref })).toMatchObject({
    item: {
      plan: { version: 2 },
      notes: [{ actor: "human:ada" }],
      evidence: [{ kind: "pr", value: "https://example.org/1", actor: "human:ada" }],
    },
  });
  expect((await refusal(bench.call("note", { ref, text: "  " }))).code).toBe("invalid");
});
