import { expect, test } from "bun:test";
import fc from "fast-check";
import type { Store } from "#operations/ports/store.ts";
import { human } from "#test/stores.ts";
import { eachStore } from "./each-store.ts";

const by = human();
const STEPS = ["rename", "archive", "prefix", "add", "look", "look"] as const;

/** What every call asks for. */
async function look(store: Store) {
  const projects = await store.projects.list({});
  const all = await store.projects.list({ archived: true });
  const each = await Promise.all(all.map(({ id }) => store.projects.byId({ id })));
  return { projects, all, each, settings: await store.projects.settings() };
}

eachStore((bench) => {
  test("what is asked for again is as new as the last write, whichever connection made it", async () => {
    const { id } = await bench.project({ name: "As it was" });
    const ours = bench.store;
    const theirs = await bench.test.again();
    let count = 0;
    const step = async (store: Store, what: (typeof STEPS)[number]) => {
      count += 1;
      const { version } = await ours.projects.byId({ id });
      if (what === "rename")
        await store.projects.edit({ by, id, ifVersion: version, changes: { name: `Name ${count}` } });
      if (what === "archive")
        await store.projects.edit({ by, id, ifVersion: version, changes: { archived: count % 2 === 0 } });
      if (what === "prefix") await store.projects.setSetting({ by, key: "prefix", value: `P${count}` });
      if (what === "add") await store.projects.add({ by, alias: `added-${count}`, name: "Added" });
      expect(await look(ours)).toEqual(await look(theirs));
    };
    const steps = fc.array(fc.tuple(fc.boolean(), fc.constantFrom(...STEPS)), { maxLength: 12 });
    await fc.assert(
      fc.asyncProperty(steps, async (taken) => {
        for (const [isOurs, what] of taken) await step(isOurs ? ours : theirs, what);
        const fresh = await bench.test.again();
        expect(await look(ours)).toEqual(await look(fresh));
        await fresh.close();
      }),
      { numRuns: 15 },
    );
  }, 60_000);

  test("a call that is one transaction sees what it wrote, and nobody what it took back", async () => {
    const { id } = await bench.project({ name: "Before" });
    const nameOf = async (store: Store) => (await store.projects.byId({ id })).name;
    expect(await nameOf(bench.store)).toBe("Before");
    const seen: string[] = [];
    const work = async (store: Store) => {
      const { version } = await store.projects.byId({ id });
      await store.projects.edit({ by, id, ifVersion: version, changes: { name: "Within" } });
      seen.push(await nameOf(store));
      throw new Error("taken back");
    };
    const call = { by, key: `k${id}`, operation: "project.edit", inputHash: "h", work };
    expect(await bench.store.once(call).catch(() => "refused")).toBe("refused");
    expect([seen[0], await nameOf(bench.store)]).toEqual(["Within", "Before"]);
  });
});
