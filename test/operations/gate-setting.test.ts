import { expect, test } from "bun:test";
import { operationBench } from "#test/operation-bench.ts";
import { agent } from "#test/stores.ts";

test("OP46 a project's gate decides what becomes an item at once", async () => {
  await using bench = await operationBench();
  const add = (title: string, options: object = {}, more: object = {}) =>
    bench.call("item.add", { title, project: "app", ...more }, options);
  const gate = (setting: string) => bench.call("project.edit", { project: "app", gate: setting });

  expect(await add("By a person")).toMatchObject({ item: { lane: "requires_triage" } });
  expect(await add("By an agent", { as: agent() })).toMatchObject({ candidate: { state: "pending" } });

  await gate("always");
  expect(await add("By a person too")).toMatchObject({ candidate: { state: "pending" } });

  await gate("never");
  expect(await add("By an agent, unasked", { as: agent() })).toMatchObject({
    item: { lane: "requires_triage" },
  });
  const wished = await add("By an agent, for agents", { as: agent() }, { lane: "autonomous_safe" });
  expect(wished).toMatchObject({ candidate: { state: "pending" } });
});
