import { expect, test } from "bun:test";
import { parseActor } from "#domain/actor.ts";
import { type Caller, roleAuthority, type Role } from "#domain/caller.ts";
import { callStore } from "#http/store-calls.ts";
import type { Store } from "#operations/ports/store.ts";
import { operationBench } from "#test/operation-bench.ts";
import { refusal } from "#test/refusal.ts";
import { agent, human, worker } from "#test/stores.ts";

const bearer = (name: string, role: Role, more: Partial<Caller> = {}): Caller => {
  const actor = parseActor(name);
  return {
    actor,
    role,
    auth: "token",
    authority: roleAuthority(role, actor),
    door: "http",
    host: "server",
    ...more,
  };
};
const ask = (store: Store, caller: Caller, member: string, given: unknown) =>
  callStore(store, caller, member, () => Promise.resolve(given));
const ADA = bearer("human:ada", "operator");

test("RW3 an operator's machine speaks in its own name, an agent's or the product's, never another person's", async () => {
  await using bench = await operationBench();
  await bench.call("item.add", { title: "Mend", lane: "autonomous_safe" });
  const note = (by: unknown) => ask(bench.store, ADA, "items.note", { by, id: 1, body: "Seen" });
  for (const by of [human("ada"), agent("codex"), worker()]) await note(by);
  const { code, details } = await refusal(note(human("eve")));
  expect([code, details]).toEqual(["denied", { actor: "human:eve" }]);
  expect((await refusal(note("human:ada"))).code).toBe("invalid");
  const raised = { ...human("ada"), authority: "system" };
  await note(raised);
  const by = { ...agent("codex"), authority: "human" };
  const drop = ask(bench.store, ADA, "items.drop", { by, id: 1, reason: "Mine" });
  expect((await refusal(drop)).code).toBe("denied");
  const log = await bench.call("log", { ref: "OB-1", oldestFirst: true });
  expect(log).toMatchObject({
    events: [
      { operation: "add" },
      { actor: "human:ada", auth: "token" },
      { actor: "ai:codex", auth: "token" },
      { actor: "system:worker", auth: "token" },
      { actor: "human:ada" },
    ],
  });
});

test("RW3 only an operator's token for all projects is answered, settings an administrator's, tokens nobody's", async () => {
  await using bench = await operationBench();
  const call = (caller: Caller, member: string) =>
    refusal(ask(bench.store, caller, member, { by: human("ada") }));
  const refused: readonly (readonly [Caller, string, string])[] = [
    [bearer("ai:codex", "agent"), "items.list", "denied"],
    [bearer("human:ada", "viewer"), "items.list", "denied"],
    [bearer("human:ada", "operator", { projects: [1] }), "items.list", "denied"],
    [human("ada"), "items.list", "denied"],
    [ADA, "projects.setSetting", "denied"],
    [ADA, "projects.add", "denied"],
    [ADA, "history.archive", "denied"],
    [ADA, "tokens.list", "not_found"],
    [ADA, "tokens.find", "not_found"],
    [ADA, "projects.setLanes", "not_found"],
    [ADA, "projects.constructor", "not_found"],
    [ADA, "close", "not_found"],
    [ADA, "once", "not_found"],
    [ADA, "__proto__.toString", "not_found"],
  ];
  for (const [caller, member, code] of refused)
    expect([member, (await call(caller, member)).code]).toEqual([member, code]);
  expect(await ask(bench.store, ADA, "items.list", { filter: {}, page: { limit: 5 } })).toMatchObject({
    items: [],
  });
  expect(typeof (await ask(bench.store, ADA, "now", {}))).toBe("number");
  const set = { by: human("ada"), key: "authority", value: "open" };
  await ask(bench.store, bearer("human:ada", "admin"), "projects.setSetting", set);
});

test("RW3 a caller who may not is refused before the request is read", async () => {
  await using bench = await operationBench();
  const read = () => Promise.reject(new Error("it was read"));
  const { code } = await refusal(callStore(bench.store, bearer("ai:codex", "agent"), "items.list", read));
  expect(code).toBe("denied");
});
