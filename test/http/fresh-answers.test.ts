import { expect, test } from "bun:test";
import { human } from "#test/stores.ts";
import { openHttpBench } from "./http-bench.ts";

test.each(["sqlite", "postgres"] as const)(
  "HT14 on %s a reader sees at once what another process wrote, and nobody another's answer",
  async (kind) => {
    await using bench = await openHttpBench({
      kind,
      projects: ["app", "web"],
      replace: () => ({ clock: () => 0 }),
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
