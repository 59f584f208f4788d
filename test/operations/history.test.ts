import { expect, test } from "bun:test";
import { z } from "zod";
import { eventView } from "#operations/admin/event-view.ts";
import { REGISTRY } from "#operations/registry.ts";
import { anyText, listWith, textWith } from "#test/matching.ts";
import { operationBench, type OperationBench } from "#test/operation-bench.ts";
import { refusal } from "#test/refusal.ts";
import { agent } from "#test/stores.ts";

async function claimed(bench: OperationBench) {
  await bench.call("item.add", { title: "One", lane: "autonomous_safe" });
  const { lease } = z
    .object({ lease: z.object({ id: z.string() }) })
    .parse(await bench.call("claim", {}, { as: agent() }));
  return { lease: lease.id, as: agent("robot", lease.id) };
}

test("OP36 the log tells in sentences what was done and said, of a project, an actor or a time", async () => {
  await using bench = await operationBench(["app", "web"]);
  const told = async (input: object) =>
    z
      .object({
        events: z.array(
          z.object({ actor: z.string(), text: z.string().optional(), said: z.string().optional() }),
        ),
      })
      .parse(await bench.call("log", { oldestFirst: true, ...input }))
      .events.map(
        ({ actor, text = "raw", said }) => `${actor} ${text}${said === undefined ? "" : ` “${said}”`}`,
      );
  await bench.call("item.add", { title: "One", lane: "agent", project: "app" });
  bench.workspace.advance(3 * 3_600_000);
  await bench.call("item.add", { title: "Two", lane: "triage", project: "web" });
  const { lease } = z
    .object({ lease: z.object({ id: z.string() }) })
    .parse(await bench.call("claim", {}, { as: agent() }));
  const as = agent("robot", lease.id);
  await bench.call("note", { ref: "OB-1", text: "The cache is stale" }, { as });
  await bench.call("release", { lease: lease.id, note: "Out of time" }, { as });
  await bench.call("item.move", { ref: "OB-1", lane: "decision", reason: "Which cache?" });
  const app = [
    "human:ada added the project app",
    "human:ada added in autonomous_safe: One",
    "ai:robot claimed",
    "ai:robot noted “The cache is stale”",
    "ai:robot gave it back “Out of time”",
    "human:ada moved to requires_decision: Which cache?",
  ];
  expect(await told({ project: "app" })).toEqual(app);
  expect(await told({ actor: "ai:robot" })).toEqual(app.slice(2, 5));
  expect(await told({ project: "app", since: 3_600_000 })).toEqual(app.slice(2));
  expect(await told({ project: "web" })).toHaveLength(2);
  expect(await told({ ref: "OB-2", raw: true })).toEqual(["human:ada raw"]);
});

test("OP36 what the store itself did, and what an item in review waits for, is told in words", async () => {
  await using bench = await operationBench(["app"]);
  await bench.call("item.add", { title: "One", lane: "agent" });
  await bench.call("item.add", { title: "Second", lane: "agent" });
  const claimed = async (ref: string) => {
    const { lease } = z
      .object({ lease: z.object({ id: z.string() }) })
      .parse(await bench.call("claim", { ref }, { as: agent() }));
    return { lease: lease.id, as: agent("robot", lease.id) };
  };
  const { lease, as } = await claimed("OB-1");
  const missing = { note: "Not yet", prerequisite: "First", amendSteps: ["Again"] };
  await bench.call("block", { lease, ...missing }, { as });
  await bench.call("link.add", { ref: "OB-1", kind: "blocked_by", to: "OB-2" });
  await bench.call("item.close", { ref: "OB-2", reason: "It is so" });
  await bench.call("gate.approve", { candidates: ["C-1"], lane: "agent" });
  const second = await claimed("OB-3");
  await bench.call(
    "finish",
    { lease: second.lease, outcome: "no_change", note: "It is so" },
    { as: second.as },
  );
  expect(await bench.call("why", { ref: "OB-3" })).toMatchObject({
    reasons: [{ code: "state", text: "It is in review and waits for a person's look" }],
  });
  await bench.call("verify", { ref: "OB-3" });
  const { events } = z
    .object({ events: z.array(z.object({ actor: z.string(), text: z.string() })) })
    .parse(await bench.call("log", { oldestFirst: true }));
  const told = events.map(({ actor, text }) => `${actor} ${text}`);
  expect(told).toContain("system:store waits for one less");
  expect(told).toContain("human:ada passed a person's look, done");
  expect(told).toContain("system:store open again, nothing blocks it; amended: steps");
});

const READS = [
  ["status", {}],
  ["item.list", {}],
  ["item.show", { ref: "OB-1" }],
  ["why", { ref: "OB-1" }],
  ["next", {}],
  ["run.list", {}],
  ["run.show", { run: "R-1" }],
  ["log", {}],
  ["project.show", {}],
  ["gate.list", { states: ["approved", "pending"] }],
  ["lane.list", {}],
  ["config.list", {}],
  ["doctor", {}],
] as const;

function isoProblems(value: unknown, path: string): string[] {
  if (value === null) return path.endsWith(".next") ? [] : [`${path} is null`];
  if (Array.isArray(value)) return value.flatMap((one, index) => isoProblems(one, `${path}.${index}`));
  if (typeof value === "object")
    return Object.entries(value).flatMap(([key, one]) => [
      ...(/^[a-z0-9_]+$/.test(key) ? [] : [`${path}.${key} is no snake_case`]),
      ...(/_at$|^at$/.test(key) && typeof one === "number" ? [`${path}.${key} is a number`] : []),
      ...isoProblems(one, `${path}.${key}`),
    ]);
  return [];
}

test("OP4 every answer is snake_case with ISO times and without nulls", async () => {
  await using bench = await operationBench();
  await claimed(bench);
  await bench.call("propose", { title: "Maybe" }, { as: agent() });
  for (const [name, input] of READS) {
    const answer = await bench.call(name, input);
    // The history tells old values, and a value that was not there before is null there.
    if (name !== "log") expect(isoProblems(answer, name)).toEqual([]);
  }
});

test("a stopped run loses its lease", async () => {
  await using bench = await operationBench();
  const { lease, as } = await claimed(bench);
  expect(await bench.call("run.stop", { run: "R-1", note: "Wrong branch" })).toMatchObject({
    item: { state: "open" },
    run: { outcome: "revoked" },
  });
  expect((await refusal(bench.call("note", { ref: "OB-1", text: "late" }, { as }))).code).toBe("lease_lost");
  expect((await refusal(bench.call("heartbeat", { lease }, { as }))).code).toBe("lease_lost");
  expect((await refusal(bench.call("run.stop", { run: "R-1" }))).code).toBe("conflict");
  expect((await refusal(bench.call("run.stop", { run: "R-9" }))).code).toBe("not_found");
  expect((await refusal(bench.call("run.show", { run: "OB-1" }))).code).toBe("invalid");
});

test("OP33 a run's diff and the end of its log", async () => {
  await using bench = await operationBench();
  const repo = bench.sandbox.repo("app");
  const base = repo.commit({ files: { "a.ts": "old\n" } });
  await bench.call("repo.add", { paths: [repo.dir] });
  await claimed(bench);
  expect(await bench.call("run.log", { run: "R-1" })).toEqual({ run: "R-1", log: "", truncated: false });
  repo.git("switch", "--quiet", "-c", "sluice/OB-1-R1-one");
  const head = repo.commit({ files: { "a.ts": "new\n" } });
  const logPath = bench.sandbox.path("run.log");
  await Bun.write(logPath, "first line\nlast line\n");
  const [registered] = await bench.store.projects.repos({ host: "here" });
  const branch = { repoId: registered?.id ?? 0, target: "main", branch: "sluice/OB-1-R1-one", baseSha: base };
  await bench.store.runs.record({ id: 1, logPath, logBytes: 21, repo: branch });
  expect(await bench.call("run.log", { run: "R-1", bytes: 14 })).toMatchObject({
    log: "last line\n",
    truncated: true,
  });
  expect(await bench.call("run.diff", { run: "R-1" })).toMatchObject({
    diff: textWith("+new"),
    repos: [{ alias: "app", base, head }],
    missing: [],
  });
});

test("OP34 a person's word passes the human phase only", async () => {
  await using bench = await operationBench();
  const { lease, as } = await claimed(bench);
  expect((await refusal(bench.call("verify", { ref: "OB-1" }))).code).toBe("conflict");
  await bench.call("finish", { lease, note: "Done" }, { as });
  const { code, details } = await refusal(bench.call("verify", { ref: "OB-1" }));
  expect([code, details.phase]).toEqual(["conflict", "await_git"]);
  await bench.call("project.add", { name: "Docs", alias: "docs", landing: "none", humanReview: true });
  await bench.call("item.add", { title: "Read", lane: "autonomous_safe", project: "docs", kind: "research" });
  const next = z
    .object({ lease: z.object({ id: z.string() }), item: z.object({ ref: z.string() }) })
    .parse(await bench.call("claim", { project: "docs" }, { as: agent() }));
  const by = agent("robot", next.lease.id);
  const { item } = z
    .object({ item: z.object({ phase: z.string().optional() }) })
    .parse(
      await bench.call("finish", { lease: next.lease.id, outcome: "no_change", note: "Read it" }, { as: by }),
    );
  expect(item.phase).toBe("human");
  expect(await bench.call("verify", { ref: next.item.ref, note: "Good" })).toMatchObject({
    item: { state: "done" },
  });
});

test("OP49 a result that git has not seen for five minutes needs a person, who is told what to do", async () => {
  await using bench = await operationBench();
  const { lease, as } = await claimed(bench);
  await bench.call("finish", { lease }, { as });
  expect(await bench.call("status")).toHaveProperty("needs_you.landing", { count: 0 });
  bench.workspace.advance(6 * 60_000);
  expect(await bench.call("status")).toHaveProperty("needs_you.landing", {
    count: 1,
    oldest_at: anyText,
    next: textWith("OB-1: No commit is on record for it"),
  });
  await bench.call("evidence.add", {
    ref: "OB-1",
    evidence: { kind: "commit", value: "1a2b3c4" },
  });
  expect(await bench.call("why", { ref: "OB-1" })).toHaveProperty(
    "next_step",
    textWith("Bring 1a2b3c4 to the target"),
  );
});

test("OP35 only the claim shows the lease's id", async () => {
  await using bench = await operationBench();
  const { lease, as } = await claimed(bench);
  await bench.call("note", { ref: "OB-1", text: "On it" }, { as });
  for (const [name, input] of READS)
    expect(JSON.stringify(await bench.call(name, input))).not.toContain(lease);
});

test("OP35 an entry of the history drops what lets somebody write, and shows times as text", () => {
  const event = { id: 1, stream: "item", streamId: 1, n: 1, at: 0, actor: "ai:robot", auth: "run" } as const;
  const changes = { lease_id: [null, "Lsecret"], not_before: [null, 0], title: ["a", "b"] };
  const view = eventView(
    {
      ...event,
      interface: "cli",
      operation: "claim",
      runId: 1,
      idempotencyKey: null,
      changes,
      redactedAt: null,
    },
    (id) => `OB-${id}`,
  );
  expect(view.changes).toEqual({ not_before: [null, "1970-01-01T00:00:00.000Z"], title: ["a", "b"] });
});

test("the log says who did what", async () => {
  await using bench = await operationBench();
  await claimed(bench);
  await bench.call("item.add", { title: "Other" });
  const { events } = z
    .object({ events: z.array(z.object({ ref: z.string(), actor: z.string(), operation: z.string() })) })
    .parse(await bench.call("log", { ref: "OB-1" }));
  expect(events[0]).toMatchObject({ ref: "OB-1", actor: "ai:robot", operation: "claim" });
  expect(events.at(-1)).toMatchObject({ actor: "human:ada" });
  expect(await bench.call("log", { ref: "R-1" })).toMatchObject({ events: [{ operation: "claim" }, {}] });
  expect(await bench.call("log", { actor: "ai:robot" })).toMatchObject({ events: [{ ref: "OB-1" }] });
  expect((await refusal(bench.call("log", { actor: "robot" }))).code).toBe("invalid");
});

test("OP37 the board counts what waits and shows what runs", async () => {
  await using bench = await operationBench();
  const { as, lease } = await claimed(bench);
  await bench.call("item.add", { title: "Look" });
  await bench.call("item.add", { title: "Next", lane: "autonomous_safe" });
  await bench.call("propose", { title: "Maybe" }, { as: agent() });
  expect(await bench.call("status")).toMatchObject({
    needs_you: {
      requires_triage: { count: 1, oldest_at: anyText },
      gate: { count: 1, oldest_at: anyText },
      decisions: { count: 0 },
    },
    ready: { count: 1, next: { ref: "OB-3" } },
    running: [{ ref: "R-1", item: "OB-1", title: "One", holder: "ai:robot" }],
    stale: { count: 0 },
  });
  await bench.call("ask", { lease, question: "Which?" }, { as });
  expect(await bench.call("status")).toMatchObject({ needs_you: { decisions: { count: 1 } }, running: [] });
});

test("lanes and settings by name", async () => {
  await using bench = await operationBench();
  expect(await bench.call("lane.edit", { lane: "design", role: "decision", order: 2 })).toMatchObject({
    lanes: listWith({ name: "design", order: 2, role: "decision" }),
  });
  expect((await refusal(bench.call("lane.edit", { lane: "new_one" }))).details.field).toBe("role");
  expect((await refusal(bench.call("lane.edit", { lane: "autonomous_safe", remove: true }))).code).toBe(
    "invalid",
  );
  expect(await bench.call("lane.edit", { lane: "design", remove: true })).not.toMatchObject({
    lanes: listWith({ name: "design" }),
  });
  await bench.call("config.set", { key: "prefix", value: "ab" });
  expect(await bench.call("config.get", { key: "prefix" })).toEqual({
    setting: { key: "prefix", value: "AB" },
  });
  expect((await refusal(bench.call("config.set", { key: "prefix", value: "C" }))).code).toBe("invalid");
  expect((await refusal(bench.call("config.get", { key: "actor" }))).code).toBe("not_found");
  expect(Object.keys(REGISTRY)).toContain("config.list");
});
