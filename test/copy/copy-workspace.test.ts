import { describe, expect, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { EMPTY_SPEC } from "#domain/item/spec.ts";
import type { Store } from "#operations/ports/store.ts";
import { backUpPlace } from "#store/backup/back-up-place.ts";
import { restoreBackup } from "#store/backup/restore-backup.ts";
import { carryRows } from "#store/copy/copy-workspace.ts";
import { coreOf } from "#store/create-store.ts";
import { closeDatabase, copyPlaces, openDatabase, openStore, openTarget } from "#store/open-store.ts";
import { refusal } from "#test/refusal.ts";
import { agent, freshSchema, human, openTestStore, STORE_KINDS, type TestStore } from "#test/stores.ts";

const TTL_MS = 900_000;
const HELD_MS = 300_000;

/** A workspace with a bit of everything: gate, blockers, a live lease held for five minutes, notes, plans, labels, search words. */
async function furnished(
  kind: "sqlite" | "postgres" = "sqlite",
): Promise<TestStore & { readonly leaseId: string }> {
  let offset = -HELD_MS;
  const workspace = await openTestStore(kind, { clockOffsetMs: () => offset });
  const { store } = workspace;
  const by = human();
  const { id: projectId } = await store.projects.add({ by, alias: "app", name: "App" });
  const add = (title: string, more: object = {}) =>
    store.items.add({
      by,
      item: { projectId, title, kind: "research", spec: EMPTY_SPEC, lane: "autonomous_safe", ...more },
    });
  const child = (
    await add("Zählen, naïve", { labels: ["x", "y"], spec: { ...EMPTY_SPEC, problem: "日本語 text" } })
  ).item.id;
  await add("Blocked one", { blockedBy: [child] });
  const claim = await store.claims.item({ by: agent(), id: child, ttlMs: TTL_MS, runner: { runner: "r" } });
  await store.items.setPlan({ by: agent("robot", claim.lease.id), id: child, body: "First this" });
  const proposal = {
    projectId,
    title: "Maybe",
    spec: EMPTY_SPEC,
    wishes: {},
    source: "test",
    fingerprint: "f1",
  };
  await store.gate.propose({ by: agent(), proposal });
  offset = 0;
  return { ...workspace, leaseId: claim.lease.id };
}

/** A file name in a folder that goes with the test. */
function newFile(): { readonly path: string; readonly [Symbol.dispose]: () => void } {
  const folder = mkdtempSync(join(tmpdir(), "sluice-copy-"));
  return {
    path: join(folder, "copy.db"),
    [Symbol.dispose]: () => rmSync(folder, { recursive: true, force: true }),
  };
}

const copy = (from: string, to: string, onProgress: (table: string) => void = () => {}) =>
  copyPlaces({ by: human(), from, to, onProgress });
const restore = (from: string, to: string) => restoreBackup({ by: human(), from, to, onProgress: () => {} });
const titles = async (store: Store) =>
  (await store.items.list({ filter: {}, page: { limit: 100 } })).items.map(({ title }) => title);

/** A copy that was stopped before its last step. */
async function carried(from: string, to: string): Promise<void> {
  const [source, target] = [await openDatabase({ place: from }), await openTarget(to)];
  await carryRows({ from: coreOf(source), to: coreOf(target), onProgress: () => {} });
  await closeDatabase(target);
  await closeDatabase(source);
  throw new Error("stopped");
}

describe("copying a workspace", () => {
  test("CP1 carries every row to the other database and back", async () => {
    const source = await furnished();
    using home = newFile();
    try {
      const schema = await freshSchema();
      const there = await copy(source.place, schema);
      expect(there.find(({ table }) => table === "item")?.rows).toBe(2);
      await copy(schema, home.path);
      const store = await openStore({ place: home.path });
      expect(await store.history.check({ deep: true })).toEqual([]);
      expect(await titles(store)).toEqual(await titles(source.store));
      const found = await store.items.list({ filter: { search: "zahl* 日本語" }, page: { limit: 5 } });
      expect(found.items.map(({ title }) => title)).toEqual(["Zählen, naïve"]);
      expect(
        (await store.items.add({ by: human(), item: { projectId: 1, title: "Next", spec: EMPTY_SPEC } })).item
          .id,
      ).toBe(3);
      await store.close();
    } finally {
      await source.close();
    }
  });

  for (const kind of ["sqlite", "postgres"] as const)
    test(`ends leases in the copy, from ${kind}`, async () => {
      const source = await furnished(kind);
      using home = newFile();
      try {
        await copy(source.place, home.path);
        const store = await openStore({ place: home.path });
        const late = store.claims.finish({
          by: agent("robot", source.leaseId),
          leaseId: source.leaseId,
          outcome: "changed",
          evidence: [],
        });
        expect(await refusal(late)).toMatchObject({ code: "lease_lost" });
        expect((await store.runs.get({ id: 1 })).outcome).toBe("interrupted");
        expect((await source.store.items.get({ id: 1 })).item.leaseId).toBe(source.leaseId);
        await store.close();
      } finally {
        await source.close();
      }
    });

  test("CP3 goes on after a stop with what the source then holds, and cannot be used before", async () => {
    const source = await furnished();
    using home = newFile();
    try {
      const stop = new Error("stopped");
      const stopped = copy(source.place, home.path, (table) => {
        if (table === "link") throw stop;
      });
      expect(await stopped.catch((error: unknown) => error)).toBe(stop);
      expect(await refusal(openStore({ place: home.path }))).toMatchObject({ code: "conflict" });
      await source.store.items.edit({
        by: human(),
        id: 2,
        changes: { title: "Renamed meanwhile", labels: ["z"] },
      });
      await copy(source.place, home.path);
      const store = await openStore({ place: home.path });
      expect(await titles(store)).toContain("Renamed meanwhile");
      expect(await store.history.check({ deep: true })).toEqual([]);
      await store.close();
    } finally {
      await source.close();
    }
  });

  for (const kind of STORE_KINDS)
    test(`CP3 goes on in ${kind} wherever it was stopped, while a run goes on in the source`, async () => {
      const source = await furnished();
      using home = newFile();
      try {
        const to = kind === "sqlite" ? home.path : await freshSchema();
        const by = agent("robot", source.leaseId);
        const { store } = source;
        const item = { projectId: 1, title: "Asked", spec: EMPTY_SPEC, lane: "autonomous_safe" };
        const asked = (await store.items.add({ by: human(), item })).item.id;
        const ask = async (question: string) => {
          const { id: leaseId } = (
            await store.claims.item({ by: agent(), id: asked, ttlMs: TTL_MS, runner: {} })
          ).lease;
          await store.claims.ask({ by: agent("robot", leaseId), leaseId, question, options: ["a", "b"] });
        };
        await ask("Which?");
        for (const stop of ["item", "queue", "run", "event", "event_payload", "the last step"]) {
          const stopped =
            stop === "the last step"
              ? carried(source.place, to)
              : copy(source.place, to, (table) => {
                  if (table === stop) throw new Error("stopped");
                });
          expect([stop, await stopped.catch(String)]).toEqual([stop, "Error: stopped"]);
          await store.items.note({ by, id: 1, body: `After ${stop}` });
          if (stop === "the last step") {
            await store.items.decide({ by: human(), id: asked, answer: "a", reason: "" });
            await ask("And then?");
          }
        }
        await copy(source.place, to);
        const there = await openStore({ place: to });
        expect((await there.items.get({ id: 1 })).notes.length).toBe(7);
        expect((await there.runs.get({ id: 1 })).outcome).toBe("interrupted");
        expect(await there.history.check({ deep: true })).toEqual([]);
        await there.close();
        const again = await refusal(copy(source.place, to));
        expect([again.code, again.message.includes("finished")]).toEqual(["conflict", true]);
      } finally {
        await source.close();
      }
    }, 60_000);

  for (const kind of STORE_KINDS)
    test(`refuses an unfinished copy in ${kind} wherever it is opened`, async () => {
      const source = await furnished();
      using home = newFile();
      try {
        const half = kind === "sqlite" ? home.path : await freshSchema();
        const stopped = copy(source.place, half, (table) => {
          if (table === "link") throw new Error("stopped");
        });
        expect(await stopped.catch(() => "stopped")).toBe("stopped");
        const openings: Readonly<Record<string, () => Promise<unknown>>> = {
          command: () => openStore({ place: half }),
          "sluice init": () => openStore({ place: half, create: true }),
          copy: () => copy(half, `${home.path}.copy`),
          backup: () => backUpPlace({ place: half, to: `${home.path}.backup` }),
          ...(kind === "sqlite" && { "restore from it": () => restore(half, `${home.path}.restored`) }),
        };
        for (const [name, open] of Object.entries(openings))
          expect([name, (await refusal(open())).code]).toEqual([name, "conflict"]);
        await copy(source.place, half);
        const store = await openStore({ place: half });
        expect(await titles(store)).toHaveLength(2);
        await store.close();
      } finally {
        await source.close();
      }
    });

  test("refuses a place that holds something", async () => {
    const source = await furnished();
    const other = await furnished();
    try {
      expect(await refusal(copy(source.place, other.place))).toMatchObject({ code: "conflict" });
      expect(await titles(other.store)).toHaveLength(2);
      expect((await other.store.items.get({ id: 1 })).item.leaseId).toBe(other.leaseId);
    } finally {
      await source.close();
      await other.close();
    }
  });

  for (const kind of ["sqlite", "postgres"] as const)
    test(`CP5 copies ${kind} as of one moment while it is written`, async () => {
      const source = await furnished(kind);
      using home = newFile();
      try {
        const writing: Promise<unknown>[] = [];
        await copy(source.place, home.path, (table) => {
          if (table === "project")
            writing.push(
              source.store.items.add({
                by: human(),
                item: { projectId: 1, title: "Too late", spec: EMPTY_SPEC },
              }),
            );
        });
        await Promise.all(writing);
        expect(writing).toHaveLength(1);
        const store = await openStore({ place: home.path });
        expect(await titles(store)).not.toContain("Too late");
        expect(await titles(source.store)).toContain("Too late");
        await store.close();
      } finally {
        await source.close();
      }
    });
});
