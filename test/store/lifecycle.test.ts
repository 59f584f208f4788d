import { expect, test } from "bun:test";
import type { Caller } from "#domain/caller.ts";
import type { ItemState } from "#domain/item/lifecycle.ts";
import { refusal } from "#test/refusal.ts";
import { agent, human } from "#test/stores.ts";
import { DAY, eachStore, LANE, type StoreBench } from "./each-store.ts";
import { inSituation, SITUATIONS, type Situation, type Situated } from "./in-state.ts";

type Act = (bench: StoreBench, at: Situated, by: Caller) => Promise<unknown>;
interface Verb {
  readonly act: Act;
  /** Where it leads from each situation; from what is absent it is refused. */
  readonly leads: Readonly<Partial<Record<Situation, ItemState>>>;
}

const reason = "Because";
const PERSONS_VERBS: Readonly<Record<string, Verb>> = {
  edit: {
    act: ({ store }, { item }, by) => store.items.edit({ by, id: item.id, changes: { title: "Roof" } }),
    leads: { open: "open", leased: "open", blocked: "blocked" },
  },
  bump: {
    act: ({ store }, { item }, by) => store.items.bump({ by, id: item.id }),
    leads: { open: "open", leased: "open", blocked: "blocked" },
  },
  snooze: {
    act: async ({ store }, { item }, by) =>
      store.items.snooze({ by, id: item.id, untilMs: (await store.now()) + DAY }),
    leads: { open: "open", leased: "open", blocked: "blocked" },
  },
  "block without a lease": {
    act: ({ store }, { item }, by) => store.claims.blockItem({ by, id: item.id, note: reason }),
    leads: { open: "blocked", leased: "blocked", review: "blocked" },
  },
  unblock: {
    act: ({ store }, { item }, by) => store.items.unblock({ by, id: item.id, reason }),
    leads: { blocked: "open" },
  },
  close: {
    act: ({ store }, { item }, by) => store.items.close({ by, id: item.id, reason, evidence: [] }),
    leads: { open: "done", leased: "done", blocked: "done", review: "done" },
  },
  drop: {
    act: ({ store }, { item }, by) => store.items.drop({ by, id: item.id, reason }),
    leads: { open: "dropped", leased: "dropped", blocked: "dropped", review: "dropped" },
  },
  reopen: {
    act: ({ store }, { item }, by) => store.items.reopen({ by, id: item.id, reason }),
    leads: { review: "open", done: "open", dropped: "open" },
  },
  "pass a phase": {
    act: ({ store }, { item }, by) => store.claims.advance({ by, id: item.id, phase: "human" }),
    leads: { review: "done" },
  },
  return: {
    act: ({ store }, { item }, by) =>
      store.claims.return({ by, id: item.id, outcome: "check_failed", reason }),
    leads: { review: "open" },
  },
};
const ANYONES_VERBS: Readonly<Record<string, Verb>> = {
  claim: {
    act: ({ claim }, { item }, by) => claim(item.id, { by }),
    leads: { open: "open" },
  },
  "move out of an agents' lane": {
    act: ({ store }, { item }, by) => store.items.move({ by, id: item.id, lane: LANE.triage }),
    leads: { open: "open", leased: "open", blocked: "blocked" },
  },
};
const VERBS = { ...PERSONS_VERBS, ...ANYONES_VERBS };

eachStore((bench) => {
  test.each(Object.keys(VERBS))(
    "LC1 %s leads where the table says and is refused elsewhere",
    async (name) => {
      const verb = VERBS[name];
      for (const situation of SITUATIONS) {
        const at = await inSituation(bench, situation);
        const before = await bench.get(at.item.id);
        const next = verb?.leads[situation];
        if (next !== undefined) {
          await verb?.act(bench, at, human());
          expect(`${name} ${situation} ${(await bench.item(at.item.id)).state}`).toBe(
            `${name} ${situation} ${next}`,
          );
          continue;
        }
        const refused = await refusal(Promise.resolve(verb?.act(bench, at, human())));
        expect(`${name} ${situation} ${refused.code}`).toBe(`${name} ${situation} conflict`);
        expect(refused.message).toMatch(
          situation === "leased" ? /is open|holds it/ : new RegExp(before.item.state),
        );
        expect(await bench.get(at.item.id)).toEqual(before);
      }
    },
  );

  test.each(Object.keys(PERSONS_VERBS))("LC2 %s is a person's: an agent is denied", async (name) => {
    const verb = VERBS[name];
    for (const situation of SITUATIONS.filter((one) => verb?.leads[one] !== undefined)) {
      const at = await inSituation(bench, situation);
      const before = await bench.get(at.item.id);
      const refused = await refusal(Promise.resolve(verb?.act(bench, at, agent())));
      expect(`${name} ${refused.code}`).toBe(`${name} denied`);
      expect(refused.details["needed"]).toBe("human");
      expect(await bench.get(at.item.id)).toEqual(before);
    }
  });

  test("LC3 a person adds, by default in triage; an agent adds nothing to an agents' lane", async () => {
    const open = await bench.add({ lane: undefined });
    expect([open.state, open.lane, open.leaseId, open.closedAt]).toEqual(["open", LANE.triage, null, null]);
    const item = { projectId: open.projectId, title: "Mine", spec: (await bench.get(open.id)).spec };
    const refused = await refusal(
      bench.store.items.add({ by: agent(), item: { ...item, lane: LANE.agent } }),
    );
    expect(refused.code).toBe("denied");
  });

  test("LC4 an agent moves only out of an agents' lane, and what enters one keeps who let it in", async () => {
    const { id } = await bench.add({ lane: LANE.manual });
    const move = (by: Caller, lane: string) => bench.store.items.move({ by, id, lane });
    expect((await refusal(move(agent(), LANE.agent))).code).toBe("denied");
    expect((await refusal(move(agent(), LANE.triage))).code).toBe("denied");
    expect((await move(human("eve"), LANE.agent)).grantBy).toBe("human:eve");
    expect((await move(agent(), LANE.triage)).grantBy).toBeNull();
    const { items } = await bench.store.history.events({
      stream: "item",
      streamId: id,
      newestFirst: false,
      page: { limit: 50 },
    });
    const grants = items.filter(({ operation }) => operation === "item.move");
    expect(grants.map(({ actor, changes }) => [actor, changes["grant_by"]])).toEqual([
      ["human:eve", "human:eve"],
      ["ai:robot", null],
    ]);
  });

  test("LC5 leaving an agents' lane ends the lease and its run as revoked", async () => {
    const { item, claim } = await inSituation(bench, "leased");
    const moved = await bench.store.items.move({ by: human(), id: item.id, lane: LANE.triage });
    expect(moved.item.leaseId).toBeNull();
    expect((await bench.store.runs.get({ id: claim?.runId ?? 0 })).outcome).toBe("revoked");
  });

  test.each(["close", "drop", "block without a lease"])(
    "%s ends a lease and its run as revoked",
    async (name) => {
      const at = await inSituation(bench, "leased");
      await VERBS[name]?.act(bench, at, human());
      const after = await bench.item(at.item.id);
      expect([after.leaseId, after.holder, after.leaseExpiresAt]).toEqual([null, null, null]);
      expect((await bench.store.runs.get({ id: at.claim?.runId ?? 0 })).outcome).toBe("revoked");
    },
  );

  test("closing sets the time of closing, reopening clears it and the counters and keeps the history", async () => {
    const { item } = await inSituation(bench, "done");
    expect(item.closedAt).not.toBeNull();
    const again = await bench.store.items.reopen({ by: human(), id: item.id, reason: "It leaks" });
    expect([again.item.closedAt, again.item.attempts, again.item.losses, again.item.lane]).toEqual([
      null,
      0,
      0,
      LANE.triage,
    ]);
    expect(again.notes.map(({ kind, body }) => [kind, body])).toContainEqual(["reopen", "It leaks"]);
    expect(again.item.eventN).toBeGreaterThan(item.eventN);
  });

  test("LC8 an unblocked item returns to its old lane while that grant stands", async () => {
    const { item } = await inSituation(bench, "blocked");
    const kept = await bench.store.items.unblock({ by: human(), id: item.id });
    expect([kept.item.lane, kept.item.readyAt]).toEqual([LANE.agent, item.readyAt]);
    await bench.store.claims.blockItem({ by: human(), id: item.id, note: "Again" });
    await bench.store.items.move({ by: human(), id: item.id, lane: LANE.manual });
    const moved = await bench.store.items.unblock({ by: human(), id: item.id });
    expect(moved.item.lane).toBe(LANE.manual);
    expect(moved.notes.map(({ body }) => body)).toContain("Again");
  });

  test("an item that is not there is refused with not_found", async () => {
    for (const [name, { act }] of Object.entries(VERBS)) {
      const { item } = await inSituation(bench, "open");
      const refused = await refusal(
        Promise.resolve(act(bench, { item: { ...item, id: 987_654_321 } }, human())),
      );
      expect(`${name} ${refused.code}`).toBe(`${name} not_found`);
    }
  });

  test("an edit asked for at another version is refused with the current one", async () => {
    const { id, version } = await bench.add();
    const edit = (ifVersion: number) =>
      bench.store.items.edit({ by: human(), id, ifVersion, changes: { title: "Other" } });
    await edit(version);
    const refused = await refusal(edit(version));
    expect([refused.code, refused.details["version"]]).toEqual(["conflict", version + 1]);
  });

  test("an edit changes the named fields and no others", async () => {
    const { id } = await bench.add({ labels: ["wet"], priority: "P2", type: "bug" });
    const before = await bench.get(id);
    const edit = (changes: Parameters<typeof bench.store.items.edit>[0]["changes"]) =>
      bench.store.items.edit({ by: human(), id, changes });
    const after = await edit({ spec: { why: "It drips" }, kind: "write", labels: ["dry", "dry"] });
    expect(after.spec).toEqual({ ...before.spec, why: "It drips" });
    expect([after.item.kind, after.item.class, after.item.labels]).toEqual(["write", "background", ["dry"]]);
    expect([after.item.title, after.item.priority, after.item.type]).toEqual(["Mend the roof", "P2", "bug"]);
    const cleared = await edit({ priority: null });
    expect([cleared.item.priority, cleared.item.kind]).toEqual([null, "write"]);
  });
});
