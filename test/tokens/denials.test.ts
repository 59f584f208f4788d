import { expect, test } from "bun:test";
import { z } from "zod";
import { parseActor } from "#domain/actor.ts";
import { SluiceError } from "#domain/errors.ts";
import { tokenCaller } from "#domain/caller.ts";
import { operationBench, type OperationName } from "#test/operation-bench.ts";
import { refusal } from "#test/refusal.ts";
import { agent, human, openTestStore, STORE_KINDS } from "#test/stores.ts";
import { openCliBench } from "../e2e/cli-bench.ts";

const codex = tokenCaller(
  { id: 4, actor: parseActor("ai:codex"), role: "agent" },
  { interface: "http", host: "here" },
);
const lane = "autonomous_safe";
const Denials = z.object({
  denials: z.array(z.looseObject({ actor: z.string(), operation: z.string(), times: z.int() })),
});

/** OB-1 in triage, OB-2 that waits for an answer, C-1 at the gate. */
async function furnished() {
  const bench = await operationBench();
  const { call } = bench;
  await call("item.add", { title: "In triage" });
  await call("item.add", { title: "Asked", lane });
  const { lease } = z
    .object({ lease: z.object({ id: z.string() }) })
    .parse(await call("claim", { ref: "OB-2" }));
  await call("ask", { lease: lease.id, question: "Which?" });
  await call("propose", { title: "Wish" }, { as: agent() });
  return bench;
}

test("TK16 an agent's token decides nothing, and each attempt is kept", async () => {
  await using bench = await furnished();
  const rows = async () => ({
    items: await Promise.all([1, 2].map((id) => bench.store.items.get({ id }))),
    candidate: await bench.store.gate.get({ id: 1 }),
    tokens: await bench.store.tokens.list({ all: true, page: { limit: 10 } }),
    settings: await bench.store.projects.settings(),
  });
  const before = await rows();
  const attempts: readonly (readonly [OperationName, object])[] = [
    ["gate.approve", { candidates: ["C-1"] }],
    ["decide", { ref: "OB-2", answer: "Both", reason: "Mine" }],
    ["item.move", { ref: "OB-1", lane }],
    ["verify", { ref: "OB-2" }],
    ["token.list", {}],
    ["token.create", { as: "human:eve", role: "admin" }],
    ["config.set", { key: "authority", value: "open" }],
    ["log.denials", {}],
  ];
  for (const [name, input] of attempts)
    expect((await refusal(bench.call(name, input, { as: codex }))).code).toBe("denied");
  expect(await rows()).toEqual(before);
  const { denials } = Denials.parse(await bench.call("log.denials"));
  expect(denials.map(({ actor, operation, token, auth }) => [actor, operation, token, auth])).toEqual(
    attempts.map(([name]) => ["ai:codex", name, 4, "token"]).toReversed(),
  );
  const filed = await bench.call("item.add", { title: "Sneak in", lane }, { as: codex });
  expect(filed).toMatchObject({ candidate: { state: "pending" } });
});

test("TK17 a denial says who, how known, what was needed and how often; only people see it", async () => {
  await using bench = await furnished();
  const move = () => bench.call("pause", {}, { as: codex });
  await refusal(move());
  await refusal(move());
  await bench.call("config.set", { key: "authority", value: "strict" });
  await refusal(bench.call("resume"));
  const shown = await bench.call("log.denials", {}, { as: { ...human(), auth: "tty" } });

  expect(shown).toMatchObject({
    denials: [
      {
        actor: "human:ada",
        auth: "asserted",
        operation: "resume",
        needed: "a person at a terminal or with a token",
      },
      {
        actor: "ai:codex",
        auth: "token",
        interface: "http",
        token: 4,
        operation: "pause",
        needed: "the authority of a human",
        has: "agent",
        times: 2,
      },
    ],
    page: { next: null },
  });
  const mine = await bench.call("log.denials", { actor: "ai:codex" }, { as: { ...human(), auth: "tty" } });
  expect(Denials.parse(mine).denials).toHaveLength(1);
  expect((await refusal(bench.call("log.denials", {}, { as: agent() }))).code).toBe("denied");
  expect(JSON.stringify(await bench.call("log"))).not.toContain("ai:codex");
});

test.each(STORE_KINDS)(
  "TK18 on %s the same counts up, and the latest thousand kinds stay",
  async (kind) => {
    const workspace = await openTestStore(kind, { synchronous: "normal" });
    const { denials } = workspace.store;
    const tried = (n: number, times = 1) => ({
      by: agent(`a${n}`),
      operation: "pause",
      needed: "x".repeat(900),
      has: `${times}`,
    });
    for (let n = 0; n < 1_050; n += 1) await denials.record(tried(n));
    workspace.advance(1_000);
    for (let n = 0; n < 3; n += 1) await denials.record(tried(60));
    const seen: string[] = [];
    const times = new Map<string, number>();
    for (let cursor: string | undefined; ;) {
      const { items, next } = await denials.list({ page: { limit: 300, cursor } });
      for (const one of items) {
        seen.push(one.actor);
        times.set(one.actor, one.times);
        expect(one.needed.length).toBe(200);
      }
      if (next === null) break;
      cursor = next;
    }
    expect([seen.length, new Set(seen).size, seen[0]]).toEqual([1_000, 1_000, "ai:a60"]);
    expect([times.get("ai:a60"), times.get("ai:a1049"), times.has("ai:a49")]).toEqual([4, 1, false]);
    await workspace.close();
  },
  60_000,
);

test("TK19 a person's name in an agent's shell is refused, and kept under the shell's name", async () => {
  using bench = await openCliBench();
  const env = { CLAUDECODE: "1", SLUICE_ACTOR: "" };
  for (const args of [
    ["gate", "list", "--as", "human:operator"],
    ["pause", "--as", "human:operator"],
  ])
    expect((await bench.call(args, { env })).code).toBe(6);
  const { denials } = Denials.parse(await bench.json("log", "denials"));
  expect(denials).toMatchObject([{ actor: "ai:claude-code", operation: "as", times: 2 }]);
  expect((await bench.sluice("log", "denials")).stdout).toContain("ai:claude-code");
});

test("a refusal stays one where it cannot be kept", async () => {
  await using bench = await furnished();
  const full = () => Promise.reject(new SluiceError("unavailable", "The disk is full"));
  const store = { ...bench.store, denials: { ...bench.store.denials, record: full } };
  const call = bench.call("pause", {}, { as: codex, context: { store } });
  expect((await refusal(call)).code).toBe("denied");
});
