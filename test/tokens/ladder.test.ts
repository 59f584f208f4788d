import { expect, test } from "bun:test";
import { parseActor } from "#domain/actor.ts";
import { SluiceError } from "#domain/errors.ts";
import { ROLES, type Role, tokenCaller } from "#domain/caller.ts";
import { REGISTRY } from "#operations/registry.ts";
import { operationBench, type OperationName } from "#test/operation-bench.ts";
import { refusal } from "#test/refusal.ts";

const NAMES = Object.keys(REGISTRY).filter((name): name is OperationName => name in REGISTRY);
const bearer = (role: Role) =>
  tokenCaller({ id: 1, actor: parseActor("human:ada"), role }, { interface: "http", host: "here" });

const codeOf = (call: Promise<unknown>): Promise<unknown> =>
  call.then(
    () => undefined,
    (error: unknown) => (error instanceof SluiceError ? error.code : error),
  );

test.each(ROLES)("TK9 what a token of role %s may call", async (role) => {
  await using bench = await operationBench();
  const may = { view: 0, work: 1, decide: 2, operate: 3 } as const;
  for (const name of NAMES) {
    const { authority } = await REGISTRY[name]();
    const input = name === "wait" ? { timeout: 0 } : {};
    const isDenied = (await codeOf(bench.call(name, input, { as: bearer(role) }))) === "denied";
    expect({ name, isDenied }).toEqual({ name, isDenied: may[authority] > ROLES.indexOf(role) });
  }
});

test("TK9 the refusal of an operator names the role that is needed", async () => {
  await using bench = await operationBench();
  const call = bench.call("config.set", { key: "prefix", value: "NO" }, { as: bearer("operator") });
  const { details, hint } = await refusal(call);
  expect(hint).toContain("sluice token create --role admin");
  expect(details).toMatchObject({ needed: "a token of role admin", has: "token of role operator" });
  expect(await bench.store.projects.settings()).toMatchObject({ prefix: "OB" });
});
