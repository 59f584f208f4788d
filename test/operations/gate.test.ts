import { expect, test } from "bun:test";
import { operationBench } from "#test/operation-bench.ts";
import { refusal } from "#test/refusal.ts";
import { agent } from "#test/stores.ts";

test("the same proposal again is the first candidate", async () => {
  await using bench = await operationBench();
  const as = agent();
  const proposal = { title: "Fix the Login", source: "semgrep", externalRef: "rule-1:a.ts" };
  expect(await bench.call("propose", proposal, { as })).toMatchObject({
    candidate: {
      ref: "C-1",
      filed: true,
      external_ref: { system: "semgrep", key: "rule-1:a.ts" },
      similar: [],
    },
  });
  expect(await bench.call("propose", { ...proposal, title: "Other words" }, { as })).toMatchObject({
    candidate: { ref: "C-1", filed: false, title: "Fix the Login" },
  });
  await bench.call("propose", { title: "Add a test" }, { as });
  expect(await bench.call("propose", { title: "  add a TEST " }, { as })).toMatchObject({
    candidate: { ref: "C-2", filed: false },
  });
  expect(await bench.call("gate.list", { source: "semgrep" })).toMatchObject({
    candidates: [{ ref: "C-1" }],
  });
});

test("OP19 candidates are approved together or not at all", async () => {
  await using bench = await operationBench();
  await bench.call("propose", { title: "One" }, { as: agent() });
  await bench.call("propose", { title: "Two" }, { as: agent() });
  const wrong = bench.call("gate.approve", { candidates: ["C-1", "C-9"], lane: "autonomous_safe" });
  expect((await refusal(wrong)).code).toBe("not_found");
  expect(await bench.call("item.list")).toMatchObject({ items: [] });
  expect((await refusal(bench.call("gate.approve", { candidates: ["OB-1"] }))).code).toBe("invalid");
  const two = { candidates: ["C-1", "C-2"], title: "Better" };
  expect((await refusal(bench.call("gate.approve", two))).code).toBe("invalid");
  expect(
    await bench.call("gate.approve", { candidates: ["C-1", "C-2"], lane: "autonomous_safe" }),
  ).toMatchObject({
    approved: [
      {
        candidate: { ref: "C-1", state: "approved", decided_by: "human:ada", item: "OB-1" },
        item: { ref: "OB-1" },
      },
      { candidate: { ref: "C-2" }, item: { ref: "OB-2", lane: "autonomous_safe" } },
    ],
  });
  expect(await bench.call("item.show", { ref: "OB-1" })).toMatchObject({ item: { candidate: "C-1" } });
});

test("a rejection says why, a merge keeps the text", async () => {
  await using bench = await operationBench();
  await bench.call("item.add", { title: "Real" });
  await bench.call("propose", { title: "Noise" }, { as: agent() });
  await bench.call("propose", { title: "Real, again", problem: "Seen at 3 am" }, { as: agent() });
  expect(await bench.call("gate.reject", { candidates: ["C-1"], reason: "Works as meant" })).toMatchObject({
    rejected: [{ ref: "C-1", state: "rejected", reason: "Works as meant" }],
  });
  expect(await bench.call("propose", { title: "noise" }, { as: agent() })).toMatchObject({
    candidate: { ref: "C-1", state: "rejected", filed: false },
  });
  const merged = await bench.call("gate.merge", { candidate: "C-2", into: "OB-1" });
  expect(merged).toMatchObject({ candidate: { state: "merged", item: "OB-1" }, item: { ref: "OB-1" } });
  expect(JSON.stringify(merged)).toContain("Seen at 3 am");
  expect((await refusal(bench.call("gate.merge", { candidate: "C-1", into: "OB-1" }))).code).toBe("conflict");
});

test("OP21 commands of a candidate are approved apart", async () => {
  await using bench = await operationBench();
  for (const title of ["One", "Two"])
    await bench.call("propose", { title, premises: ["command:make check"] }, { as: agent() });
  await bench.call("gate.approve", { candidates: ["C-1"] });
  await bench.call("gate.approve", { candidates: ["C-2"], withCommands: true });
  const first = await bench.call("item.show", { ref: "OB-1" });
  expect(first).toMatchObject({ item: { spec: { premises: [{ run: "make check" }] } } });
  expect(first).not.toHaveProperty("item.spec.premises.0.approved_by");
  expect(await bench.call("item.show", { ref: "OB-2" })).toMatchObject({
    item: { spec: { premises: [{ approved_by: "human:ada" }] } },
  });
});

test("GT15 a shown candidate tells which premises hold, which commands it has, and what may be the same", async () => {
  await using bench = await operationBench(["app", "other"]);
  const repo = bench.sandbox.repo("app");
  repo.commit({ files: { "src/a.ts": "const zone = 1\n" } });
  await bench.call("repo.add", { paths: [repo.dir], project: "app" });
  for (const project of ["app", "other"])
    await bench.call("item.add", { title: "Read the zone per reader", project });
  const premises = [
    { kind: "file", path: "src/a.ts" },
    { kind: "match", pattern: "zone", paths: ["src"], count: { min: 2 } },
    { kind: "command", run: "make check" },
  ];
  const proposal = {
    title: "Read the zone per reader again",
    project: "app",
    premises,
    risks: ["Old clients"],
  };
  await bench.call("propose", proposal, { as: agent() });
  expect(await bench.call("gate.show", { candidate: "C-1" })).toMatchObject({
    candidate: { ref: "C-1", proposed_by: "ai:robot", spec: { risks: ["Old clients"] } },
    premises: [{ verdict: "holds" }, { verdict: "fails", found: "it is found 1×" }, { verdict: "unchecked" }],
    similar: [{ ref: "OB-1", state: "open" }],
  });
  expect((await refusal(bench.call("gate.show", { candidate: "OB-1" }))).code).toBe("invalid");
});

test("GT16 a range names what waits of it, and a ref by itself must be there", async () => {
  await using bench = await operationBench();
  for (const title of ["One", "Two", "Three", "Four"]) await bench.call("propose", { title });
  await bench.call("gate.reject", { candidates: ["C-2"], reason: "No" });
  expect(await bench.call("gate.approve", { candidates: ["C-1..C-3", "C-3"] })).toMatchObject({
    approved: [{ candidate: { ref: "C-1" } }, { candidate: { ref: "C-3" } }],
  });
  expect(await bench.call("gate.reject", { candidates: ["C-2..C-900"], reason: "Later" })).toMatchObject({
    rejected: [{ ref: "C-4" }],
  });
  for (const [candidates, code] of [
    [["C-1..C-9"], "not_found"],
    [["C-1", "C-77"], "not_found"],
    [["C-4..C-1"], "invalid"],
    [["C-1..C-99999"], "invalid"],
    [["C-1..C-2..C-3"], "invalid"],
    [["C-1..OB-2"], "invalid"],
  ] as const)
    expect((await refusal(bench.call("gate.reject", { candidates, reason: "x" }))).code).toBe(code);
});
