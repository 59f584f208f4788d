import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { join } from "node:path";
import { z } from "zod";
import { REGISTRY } from "#operations/registry.ts";
import { operationBench, type OperationBench } from "#test/operation-bench.ts";
import { refusal } from "#test/refusal.ts";
import { agent, human, STORE_KINDS } from "#test/stores.ts";
import { eventCount, keyedCalls, type KeyedCalls } from "./keyed-calls.ts";

setDefaultTimeout(60_000);

const Claimed = z.object({
  item: z.object({ ref: z.string() }),
  lease: z.object({ id: z.string() }),
  run: z.object({ ref: z.string() }),
});
const Proposed = z.object({ candidate: z.object({ ref: z.string() }) });
const ANSWER = { answer: "Yes", reason: "It pays" };
const AGENTS = "autonomous_safe";

/** An item in the agents' lane, claimed by an agent. */
async function claimed(bench: OperationBench, { twice }: KeyedCalls) {
  await bench.call("item.add", { title: "Work", lane: AGENTS });
  const { item, lease, run } = Claimed.parse(await twice("claim", {}, agent()));
  return { ref: item.ref, lease: lease.id, run: run.ref, as: agent("robot", lease.id) };
}

async function agentsLoop(bench: OperationBench, calls: KeyedCalls): Promise<void> {
  const { twice } = calls;
  const one = await claimed(bench, calls);
  await twice("heartbeat", { lease: one.lease }, one.as);
  await twice("plan.set", { ref: one.ref, body: "First this" }, one.as);
  await twice("note", { ref: one.ref, text: "Seen" }, one.as);
  await twice(
    "evidence.add",
    { ref: one.ref, evidence: { kind: "link", value: "https://example.org" } },
    one.as,
  );
  await twice("finish", { lease: one.lease }, one.as);
  const two = await claimed(bench, calls);
  await twice("release", { lease: two.lease, note: "Later" }, two.as);
  const three = Claimed.parse(await twice("claim", { ref: two.ref }, agent()));
  const as = agent("robot", three.lease.id);
  await twice("block", { lease: three.lease.id, note: "No key", prerequisite: "Get the key" }, as);
  const four = await claimed(bench, calls);
  await twice("ask", { lease: four.lease, question: "Which?", options: ["This", "That"] }, four.as);
  await twice("decide", { ref: four.ref, ...ANSWER });
  const five = Claimed.parse(await twice("claim", { ref: four.ref }, agent()));
  await twice("run.stop", { run: five.run.ref, note: "Enough" });
}

async function items({ call }: OperationBench, { twice }: KeyedCalls): Promise<void> {
  const { item } = z
    .object({ item: z.object({ ref: z.string() }) })
    .parse(await twice("item.add", { title: "Mend" }));
  const { ref } = item;
  await call("item.add", { title: "Other" });
  await twice("item.edit", { ref, title: "Mend it" });
  await twice("undo");
  await twice("item.move", { ref, lane: AGENTS });
  await twice("item.bump", { ref });
  await twice("item.snooze", { ref, until: 1_900_000_000_000 });
  await twice("link.add", { ref, kind: "blocked_by", to: "OB-1" });
  await twice("link.remove", { ref, kind: "blocked_by", to: "OB-1" });
  await call("block", { item: ref, note: "Rain" });
  await twice("item.unblock", { ref });
  await twice("item.drop", { ref, reason: "No" });
  await twice("item.reopen", { ref, reason: "Yes" });
  await twice("item.close", { ref, reason: "Done" });
}

async function gate({ call }: OperationBench, { twice }: KeyedCalls): Promise<void> {
  const propose = async (title: string) => {
    const answer = await twice("propose", { title }, agent());
    return Proposed.parse(answer).candidate.ref;
  };
  await twice("gate.approve", { candidates: [await propose("A"), await propose("B")] });
  await twice("gate.reject", { candidates: [await propose("C"), await propose("D")], reason: "No" });
  await twice("gate.merge", { candidate: await propose("E"), into: "OB-1" });
  await twice("sweep.next", { session: "s" });
  await twice("sweep.end", { session: "s", seen: 1, minutes: 1 });
  await call("item.add", { title: "Look", lane: AGENTS });
}

async function settings({ sandbox }: OperationBench, { twice }: KeyedCalls): Promise<void> {
  await twice("project.add", { name: "Web", alias: "web" });
  await twice("project.edit", { project: "web", weight: 2 });
  await twice("project.archive", { project: "web" });
  const repo = sandbox.repo("code");
  repo.commit({ message: "Begin", files: { "TODO.md": "# To do\n\n- [ ] Sweep the floor\n" } });
  await twice("repo.add", { paths: [repo.dir], project: "app", alias: "code" });
  await twice("repo.edit", { repo: "code", alias: "source" });
  await twice("git.scan");
  await twice("todo.check", { files: [join(repo.dir, "TODO.md")], fix: true });
  await twice("todo.import", { files: [join(repo.dir, "TODO.md")], project: "app" });
  await twice("todo.export", { files: [join(repo.dir, "TODO.md")] });
  await twice("repo.remove", { repo: "source" });
  await twice("lane.edit", { lane: "later", role: "manual" });
  await twice("lane.edit", { lane: "later", remove: true });
  await twice("config.set", { key: "authority", value: "open" });
  await twice("token.create", { as: "ai:codex", role: "agent" });
  await twice("token.revoke", { token: 1 });
  await twice("doctor.fix", { apply: true });
  await twice("log.seal");
  await twice("log.archive");
  await twice("log.redact", { text: "It stands nowhere", reason: "A key" });
  await twice("pause", { reason: "Lunch" });
  await twice("resume");
}

/** A person looks at what was finished without a change. */
async function review(bench: OperationBench, calls: KeyedCalls): Promise<void> {
  const { ref, lease, as } = await claimed(bench, calls);
  await calls.twice("finish", { lease, outcome: "no_change", note: "It holds already" }, as);
  await calls.twice("return", { ref, changes: "Say why" });
  const again = Claimed.parse(await calls.twice("claim", { ref }, agent()));
  const by = agent("robot", again.lease.id);
  await calls.twice("finish", { lease: again.lease.id, outcome: "no_change", note: "It does" }, by);
  await calls.twice("verify", { ref, note: "Looked" });
  await calls.twice("land", { all: true });
}

describe.each([...STORE_KINDS])("%s", (kind) => {
  let opened: OperationBench | undefined;
  const bench = (): OperationBench => {
    if (opened === undefined) throw new Error("the workspace is not open");
    return opened;
  };
  const call = (key: string, title: string, as = human()) =>
    bench().call("item.add", { title }, { as, context: { idempotencyKey: key } });

  beforeAll(async () => {
    opened = await operationBench(["app"], kind);
  });
  afterAll(async () => {
    expect(await opened?.store.history.check({ deep: true })).toEqual([]);
    await opened?.[Symbol.asyncDispose]();
  });

  test("DU1 every operation that writes answers its first answer again and writes nothing", async () => {
    const calls = keyedCalls(bench());
    for (const play of [agentsLoop, items, gate, settings, review]) await play(bench(), calls);
    const operations = await Promise.all(Object.values(REGISTRY).map((load) => load()));
    const writing = operations.filter(({ effect }) => effect !== "read").map(({ name }) => name);
    expect(writing.filter((name) => !calls.called().includes(name))).toEqual([]);
  });

  test("DU2 a key that was used for something else is refused and nothing is written", async () => {
    await call("two", "First");
    const before = await eventCount(bench());
    expect((await refusal(call("two", "Second"))).details).toMatchObject({
      key: "two",
      operation: "item.add",
    });
    const context = { idempotencyKey: "two" };
    const other = await refusal(bench().call("propose", { title: "First" }, { context }));
    const project = await refusal(
      bench().call("item.add", { title: "First" }, { context: { ...context, project: "app" } }),
    );
    expect([other.code, project.code]).toEqual(["conflict", "conflict"]);
    expect(await eventCount(bench())).toBe(before);
  });

  test("a refused call keeps nothing of its key", async () => {
    const add = (project: string) =>
      bench().call("item.add", { title: "T", project }, { context: { idempotencyKey: "three" } });
    expect((await refusal(add("nowhere"))).code).toBe("not_found");
    expect(await add("app")).toMatchObject({ item: { title: "T" } });
  });

  test("DU4 what a refused call had changed under its key is not kept", async () => {
    const { store } = bench();
    const propose = async (title: string) =>
      Proposed.parse(await bench().call("propose", { title }, { as: agent() })).candidate.ref;
    const candidates = [await propose("Free"), await propose("Taken")];
    await bench().call("gate.reject", { candidates: candidates.slice(1), reason: "No" });
    const approve = bench().call("gate.approve", { candidates }, { context: { idempotencyKey: "four" } });
    expect((await refusal(approve)).code).toBe("conflict");
    const { items: pending } = await store.gate.list({ states: ["pending"], page: { limit: 100 } });
    expect(pending.map(({ title }) => title)).toContain("Free");
  });

  test("each event of a call carries its key", async () => {
    const before = await eventCount(bench());
    await bench().call("item.add", { title: "Other" });
    await call("five", "Keyed");
    const page = await bench().store.history.events({ newestFirst: false, page: { limit: 1_000 } });
    const since = page.items.filter(({ id }) => id > before);
    expect(since.map(({ idempotencyKey }) => idempotencyKey)).toEqual([null, "five"]);
  });

  test("of many calls under one key at once one takes effect", async () => {
    const others = await Promise.all([1, 2, 3].map(() => bench().workspace.again()));
    const before = await eventCount(bench());
    const answers = await Promise.all(
      [bench().store, ...others].flatMap((store) =>
        [1, 2].map(() =>
          bench().call("item.add", { title: "Once" }, { context: { store, idempotencyKey: "six" } }),
        ),
      ),
    );
    expect(new Set(answers.map((answer) => JSON.stringify(answer))).size).toBe(1);
    expect(await eventCount(bench())).toBe(before + 1);
  });

  test("a key is its actor's own, and is forgotten after 30 days", async () => {
    const first = await call("seven", "Mine");
    expect(await call("seven", "Mine", human("bob"))).not.toEqual(first);
    bench().workspace.advance(29 * 86_400_000);
    expect(await call("seven", "Mine")).toEqual(first);
    bench().workspace.advance(86_400_000 + 1);
    expect(await call("seven", "Mine")).not.toEqual(first);
  });

  test("a key that is empty, too long or not visible is refused", async () => {
    for (const key of ["", "a b", "k".repeat(201), "é", "a\n"])
      expect((await refusal(call(key, "Bad"))).details["field"]).toBe("idempotency-key");
    expect(await call("k".repeat(200), "Good")).toMatchObject({ item: { title: "Good" } });
  });
});
