import { expect, test } from "bun:test";
import { parseActor } from "#domain/actor.ts";
import { type Caller, type Role, tokenCaller } from "#domain/caller.ts";
import { remoteCall } from "#http/client/remote-call.ts";
import { invoke } from "#operations/invoke.ts";
import { MACHINE_REGISTRY } from "#operations/registry.ts";
import { lookAround } from "#operations/worker/look-around.ts";
import { operationBench } from "#test/operation-bench.ts";
import { refusal } from "#test/refusal.ts";
import { openHttpBench } from "./http-bench.ts";

const bearer = (name: string, role: Role, projects?: readonly number[]): Caller =>
  tokenCaller(
    { id: 7, actor: parseActor(name), role, ...(projects === undefined ? {} : { projects }) },
    { interface: "http", host: "server" },
  );
const ADA = bearer("human:ada", "operator");
const OPERATIONS = await Promise.all(Object.values(MACHINE_REGISTRY).map((load) => load()));

test("RW3 only an operator's token for all projects is answered, and an administrator's where repositories are registered", async () => {
  await using bench = await operationBench();
  const codeOf = async (caller: Caller, operation: (typeof OPERATIONS)[number]) =>
    (await refusal(invoke(bench.context(caller), operation, {}))).code;
  const refused = [
    bearer("ai:codex", "agent"),
    bearer("human:ada", "viewer"),
    bearer("human:ada", "operator", [1]),
  ];
  for (const operation of OPERATIONS) {
    const { name, reach, toolset } = operation;
    expect([name, reach, toolset]).toEqual([name, "workspace", "operator"]);
    for (const caller of refused) expect([name, await codeOf(caller, operation)]).toEqual([name, "denied"]);
  }
  const denied = [];
  for (const operation of OPERATIONS.filter(({ authority }) => authority === "operate"))
    denied.push([operation.name, await codeOf(ADA, operation)]);
  expect(denied).toEqual([
    ["repo.register", "denied"],
    ["repo.change", "denied"],
  ]);
});

test("RW3 what an operator's machine writes is in their name, an agent's or the product's, under their token", async () => {
  await using bench = await operationBench();
  await bench.call("item.add", { title: "Mend", lane: "autonomous_safe" });
  await bench.call("item.add", { title: "Paint", lane: "autonomous_safe" });
  const as = async (name: keyof typeof MACHINE_REGISTRY, input: object) =>
    await invoke(bench.context(ADA), await MACHINE_REGISTRY[name](), input);
  const take = { from: "queue", runner: "robot", capabilities: [] };
  await as("worker.claim", { host: "laptop", ttl: 60_000, take });
  const sha = "c".repeat(40);
  const closes = { host: "laptop", pullRequests: [], verdicts: [{ kind: "closes", item: 2, sha }] };
  expect(await as("git.settle", closes)).toMatchObject({ closed: ["OB-2"] });
  expect(await as("git.settle", closes)).toMatchObject({ closed: [] });
  const { code } = await refusal(as("git.settle", { ...closes, by: "human:eve" }));
  expect(code).toBe("invalid");
  for (const [ref, operation, actor] of [
    ["OB-1", "claim", "ai:robot"],
    ["OB-2", "item.close", "system:git"],
  ])
    expect(await bench.call("log", { ref, limit: 1 })).toMatchObject({
      events: [{ operation, actor, auth: "token" }],
    });
});

test("RW13 a program of another version is told which side is older", async () => {
  await using bench = await openHttpBench();
  for (const path of ["/store/items.get", "/worker/v1/claim", "/worker/v1/store/now", "/worker/v3/claim"]) {
    const response = await fetch(new URL(`/api/v1${path}`, bench.url), { method: "POST" });
    expect([path, response.status]).toEqual([path, 409]);
    expect(await response.json()).toMatchObject({ code: "conflict", details: { server: 2 } });
  }
  const there = await fetch(new URL("/api/v1/worker/v2/nothing", bench.url), { method: "POST" });
  expect(there.status).toBe(404);
  const older = {
    client: () => Promise.reject(new Error("it was asked")),
    place: "https://tasks.example",
    protocol: 1,
  };
  const asked = remoteCall(older, bench.work.context(ADA), lookAround, {});
  const { code, details } = await refusal(asked);
  expect([code, details]).toEqual(["conflict", { server: 1, program: 2 }]);
});
