import { expect, test } from "bun:test";
import { refusal } from "#test/refusal.ts";
import { agent, human } from "#test/stores.ts";
import { DAY, eachStore, LANE } from "./each-store.ts";

/** Often enough that a window of some milliseconds is met. */
const ROUNDS = 15;

eachStore((at) => {
  test("a blocker that ends while it is linked or unlinked leaves no item blocked, and frees none too early", async () => {
    const { items } = at.store;
    const by = human();
    for (let round = 0; round < ROUNDS; round += 1) {
      const [from, ends, stays] = [await at.add(), await at.add(), await at.add()];
      const link = (toId: number) =>
        ({ by, fromId: from.id, kind: "blocked_by", toKind: "item", toId }) as const;
      await items.link(link(stays.id));
      await Promise.all([
        items.link(link(ends.id)),
        items.close({ by, id: ends.id, reason: "Done", evidence: [] }),
      ]);
      expect((await at.item(from.id)).openBlockers).toBe(1);
      const again = await at.add();
      await items.link(link(again.id));
      await Promise.all([
        items.unlink(link(again.id)),
        items.close({ by, id: again.id, reason: "Done", evidence: [] }),
      ]);
      expect((await at.item(from.id)).openBlockers).toBe(1);
    }
  }, 60_000);

  test("the same finish, sent twice at once, answers both alike", async () => {
    for (let round = 0; round < ROUNDS; round += 1) {
      const { id } = await at.add();
      const { lease } = await at.claim(id);
      const finish = () =>
        at.store.claims.finish({
          by: agent("robot", lease.id),
          leaseId: lease.id,
          outcome: "no_change",
          note: "It holds",
          evidence: [],
        });
      const [first, second] = await Promise.all([finish(), finish()]);
      expect(second).toEqual(first);
    }
  }, 60_000);

  test("a link to a candidate that became an item is a link to that item", async () => {
    const { gate, items } = at.store;
    const by = human();
    const { candidate } = await gate.propose({ by: agent(), proposal: await at.proposal() });
    const { detail } = await gate.approve({ by, id: candidate.id });
    const from = await at.add();
    await items.link({ by, fromId: from.id, kind: "blocked_by", toKind: "candidate", toId: candidate.id });
    expect((await at.get(from.id)).links).toMatchObject([{ toKind: "item", toId: detail.item.id }]);
    await items.close({ by, id: detail.item.id, reason: "Done", evidence: [] });
    expect((await at.item(from.id)).openBlockers).toBe(0);
  });

  test("a candidate that a person approves while it expires stays approved", async () => {
    const { gate } = at.store;
    const { candidate } = await gate.propose({ by: agent(), proposal: await at.proposal() });
    at.advance(31 * DAY);
    await Promise.all([gate.approve({ by: human(), id: candidate.id }), gate.expire({ by: human() })]);
    const after = await gate.get({ id: candidate.id });
    expect([after.state, after.itemId !== null]).toEqual(["approved", true]);
  });

  test("an agent takes no item from the run that holds it, by moving it away", async () => {
    const { id } = await at.add();
    const { lease } = await at.claim(id);
    const taken = at.store.items.move({ by: agent("other"), id, lane: LANE.triage });
    expect((await refusal(taken)).code).toBe("denied");
    expect((await at.item(id)).leaseId).toBe(lease.id);
  });
});
