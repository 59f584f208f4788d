import { expect, test } from "bun:test";
import { parseActor } from "#domain/actor.ts";
import { type Caller, roleAuthority, type Role } from "#domain/caller.ts";
import { callStore } from "#http/store-calls.ts";
import type { Store } from "#operations/ports/store.ts";
import { remoteStore } from "#http/client/remote-store.ts";
import { openHttpBench } from "./http-bench.ts";
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
    interface: "http",
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
  const see = (by: unknown) =>
    ask(bench.store, ADA, "items.addEvidence", { by, id: 1, kind: "url", value: "https://seen.example" });
  for (const by of [human("ada"), agent("codex"), worker()]) await see(by);
  const { code, details } = await refusal(see(human("eve")));
  expect([code, details]).toEqual(["denied", { actor: "human:eve" }]);
  expect((await refusal(see("human:ada"))).code).toBe("invalid");
  const raised = { ...human("ada"), authority: "system" };
  await see(raised);
  const by = { ...agent("codex"), authority: "human" };
  const close = ask(bench.store, ADA, "items.close", { by, id: 1, reason: "Mine", evidence: [] });
  expect((await refusal(close)).code).toBe("denied");
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
    [ADA, "projects.addRepo", "denied"],
    [ADA, "projects.add", "not_found"],
    [ADA, "history.archive", "not_found"],
    [ADA, "items.drop", "not_found"],
    [ADA, "claims.next", "not_found"],
    [ADA, "claims.finish", "not_found"],
    [ADA, "runs.record", "not_found"],
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

test("RW13 a program of another version is told which side is older", async () => {
  await using bench = await openHttpBench();
  for (const path of ["/store/items.get", "/worker/v2/claim", "/worker/v0/store/now"]) {
    const response = await fetch(new URL(`/api/v1${path}`, bench.url), { method: "POST" });
    expect([path, response.status]).toEqual([path, 409]);
    expect(await response.json()).toMatchObject({ code: "conflict", details: { server: 1 } });
  }
  const there = await fetch(new URL("/api/v1/worker/v1/nothing", bench.url), { method: "POST" });
  expect(there.status).toBe(404);
  const older = remoteStore("https://tasks.example", {
    client: () => Promise.reject(new Error("it was asked")),
    signal: undefined,
    protocol: 0,
  });
  const { code, details } = await refusal(older.items.get({ id: 1 }));
  expect([code, details]).toEqual(["conflict", { server: 0, program: 1 }]);
});
