import { expect, test } from "bun:test";
import { shortMemory } from "#http/short-memory.ts";
import { human } from "#test/stores.ts";
import { openHttpBench } from "./http-bench.ts";

test("HT14 what was found holds until anything was written or a second has passed", () => {
  let [state, now]: [string | undefined, number] = ["1", 0];
  const memory = shortMemory<string>(
    () => state,
    () => now,
    1_000,
  );
  memory.keep("a", "1", "found");
  now = 1_000;
  expect([memory.find("a"), memory.find("b")]).toEqual(["found", undefined]);
  now = 1_001;
  expect(memory.find("a")).toBeUndefined();
  memory.keep("a", "1", "again");
  state = "2";
  expect(memory.find("a")).toBeUndefined();
  memory.keep("a", "1", "read while it changed");
  expect(memory.find("a")).toBeUndefined();
  state = undefined;
  memory.keep("a", undefined, "of an unknown state");
  expect(memory.find("a")).toBeUndefined();
  state = "3";
  for (let n = 0; n <= 500; n += 1) memory.keep(`k${n}`, "3", "x");
  expect([memory.find("k0"), memory.find("k500")]).toEqual([undefined, "x"]);
});

test.each(["sqlite", "postgres"] as const)(
  "HT14 on %s a reader sees at once what another process wrote, and nobody another's answer",
  async (kind) => {
    await using bench = await openHttpBench({
      kind,
      projects: ["app", "web"],
      door: () => ({ clock: () => 0 }),
    });
    const other = await bench.work.workspace.again();
    const [all, one] = [await bench.token("ai:all", "agent"), await bench.token("ai:one", "agent", [2])];
    const titles = async (token: string) => {
      const { body } = await bench.send("GET", "/items", { token });
      return JSON.stringify(body).match(/"title":"\w+"/g) ?? [];
    };
    expect([await titles(all), await titles(all), await titles(one)]).toEqual([[], [], []]);
    await bench.work.call("item.add", { title: "Mend", project: "app" });
    expect([await titles(all), await titles(one)]).toEqual([['"title":"Mend"'], []]);
    const by = human();
    await other.items.edit({ by, id: 1, changes: { title: "Mended" } });
    expect([await titles(all), await titles(all)]).toEqual([['"title":"Mended"'], ['"title":"Mended"']]);
    const revoked = await bench.work.store.tokens.list({ all: true, page: { limit: 5 } });
    for (const token of revoked.items) await other.tokens.revoke({ by, id: token.id });
    expect((await bench.send("GET", "/items", { token: all })).status).toBe(401);
  },
);
