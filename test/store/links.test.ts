import { expect, test } from "bun:test";
import fc from "fast-check";
import { SluiceError } from "#domain/errors.ts";
import type { Item } from "#domain/item/item.ts";
import type { LinkKind } from "#operations/ports/store/item-store.ts";
import { refusal } from "#test/refusal.ts";
import { agent, human } from "#test/stores.ts";
import { eachStore, LANE, type StoreBench } from "./each-store.ts";

const by = human();
const close = ({ store }: StoreBench, id: number) =>
  store.items.close({ by, id, reason: "Done", evidence: [] });
const link = ({ store }: StoreBench, fromId: number, toId: number, kind: LinkKind = "blocked_by") =>
  store.items.link({ by, fromId, kind, toKind: "item", toId });
const counts = ({ state, openBlockers }: Item) => [state, openBlockers];

eachStore((bench) => {
  test("LC20 an item waits for each of its blockers, and goes on when the last is done", async () => {
    const [a, b, c] = [await bench.add(), await bench.add(), await bench.add()];
    await link(bench, a.id, b.id);
    await link(bench, a.id, c.id);
    await link(bench, a.id, c.id);
    expect(counts(await bench.item(a.id))).toEqual(["open", 2]);
    expect((await bench.get(b.id)).blocks).toEqual([a.id]);
    await close(bench, b.id);
    expect((await refusal(bench.claim(a.id))).code).toBe("conflict");
    await close(bench, c.id);
    expect(counts(await bench.item(a.id))).toEqual(["open", 0]);
    expect((await bench.claim(a.id)).item.id).toBe(a.id);
  });

  test("LC21 a blocked item opens in its old lane when its last blocker is done, and its amendment applies then", async () => {
    const { id } = await bench.add();
    const { lease } = await bench.claim(id);
    const amendment = { problem: "The beam is rotten too", steps: ["Look at the beam"], risks: ["It falls"] };
    const prerequisite = { title: "Buy a ladder" };
    const blocked = await bench.store.claims.block({
      by: agent(),
      leaseId: lease.id,
      note: "No ladder",
      prerequisite,
      amendment,
    });
    expect([blocked.detail.item.state, blocked.prerequisite?.kind]).toEqual(["blocked", "candidate"]);
    expect(blocked.detail.spec.problem).toBeUndefined();
    const { candidate, detail } = await bench.store.gate.approve({ by, id: blocked.prerequisite?.id ?? 0 });
    expect(candidate.state).toBe("approved");
    expect((await bench.get(id)).links).toEqual([
      expect.objectContaining({ toKind: "item", toId: detail.item.id }),
    ]);
    await close(bench, detail.item.id);
    const free = await bench.get(id);
    expect([free.item.state, free.item.lane, free.item.openBlockers]).toEqual(["open", LANE.agent, 0]);
    expect([free.spec.problem, free.spec.steps[0]?.text, free.spec.risks]).toEqual([
      amendment.problem,
      "Look at the beam",
      ["It falls"],
    ]);
    expect(free.notes.map(({ body }) => body)).toContain("No ladder");
  });

  test("LC22 what a dropped, rejected or expired blocker held up comes back to a person, with the reason", async () => {
    const [a, b] = [await bench.add(), await bench.add()];
    await link(bench, a.id, b.id);
    await bench.store.items.drop({ by, id: b.id, reason: "Sold" });
    const back = await bench.get(a.id);
    expect([...counts(back.item), back.item.lane]).toEqual(["open", 0, "requires_triage"]);
    expect(back.notes.at(-1)?.body).toContain("was dropped, for which this waited: Sold");
    await bench.store.items.move({ by, id: a.id, lane: "autonomous_safe" });
    const blocked = await bench.store.claims.blockItem({
      by,
      id: a.id,
      note: "Permit",
      prerequisite: { title: "Ask for a permit" },
    });
    await bench.store.gate.reject({ by, id: blocked.prerequisite?.id ?? 0, reason: "Not needed" });
    const again = await bench.get(a.id);
    expect([...counts(again.item), again.item.lane]).toEqual(["open", 0, "requires_triage"]);
    expect(again.notes.at(-1)?.body).toContain("was rejected, for which this waited: Not needed");
    expect(again.links.map(({ toState }) => toState).toSorted()).toEqual(["dropped", "rejected"]);
    const third = await bench.store.claims.blockItem({
      by,
      id: a.id,
      note: "Ladder",
      prerequisite: { title: "Buy one" },
    });
    bench.advance(31 * 24 * 3_600_000);
    await bench.store.gate.expire({ by });
    expect(counts(await bench.item(a.id))).toEqual(["open", 0]);
    await bench.store.gate.approve({ by, id: third.prerequisite?.id ?? 0, lane: "requires_triage" });
    expect(counts(await bench.item(a.id))).toEqual(["open", 1]);
    expect(await bench.store.history.check({ deep: true })).toEqual([]);
  });

  test("a blocker that lives again blocks again", async () => {
    const [a, b] = [await bench.add(), await bench.add()];
    await link(bench, a.id, b.id);
    await close(bench, b.id);
    await bench.store.items.reopen({ by, id: b.id, reason: "It leaks" });
    expect(counts(await bench.item(a.id))).toEqual(["open", 1]);
    await bench.store.items.drop({ by, id: b.id, reason: "Sold" });
    await bench.store.items.reopen({ by, id: b.id, reason: "Bought back" });
    expect(counts(await bench.item(a.id))).toEqual(["open", 1]);
    await close(bench, b.id);
    expect(counts(await bench.item(a.id))).toEqual(["open", 0]);
  });

  test("LC24 a circle of blockers is refused with the circle named, and changes nothing", async () => {
    const [a, b, c] = [await bench.add(), await bench.add(), await bench.add()];
    await link(bench, a.id, b.id);
    await link(bench, b.id, c.id);
    const before = await bench.get(c.id);
    const refused = await refusal(link(bench, c.id, a.id));
    const circle = [c, a, b, c].map(({ id }) => `OB-${id}`);
    expect([refused.code, refused.details["cycle"]]).toEqual(["conflict", circle]);
    expect(refused.message).toContain(circle.join(" → "));
    expect((await refusal(link(bench, a.id, a.id))).details["cycle"]).toEqual([`OB-${a.id}`, `OB-${a.id}`]);
    expect(await bench.get(c.id)).toEqual(before);
    await link(bench, c.id, a.id, "relates");
  });

  test("two halves of a circle made at once never both stand", async () => {
    const other = await bench.test.again();
    const [a, b] = [await bench.add(), await bench.add()];
    const half = { by, kind: "blocked_by", toKind: "item" } as const;
    const halves = await Promise.allSettled([
      bench.store.items.link({ ...half, fromId: a.id, toId: b.id }),
      other.items.link({ ...half, fromId: b.id, toId: a.id }),
    ]);
    expect(halves.map(({ status }) => status).toSorted()).toEqual(["fulfilled", "rejected"]);
  });

  test("removing the last link frees; a link that is not there is not_found", async () => {
    const [a, b] = [await bench.add(), await bench.add()];
    const half = { by, fromId: a.id, kind: "blocked_by", toKind: "item", toId: b.id } as const;
    await bench.store.items.link(half);
    await bench.store.claims.blockItem({ by, id: a.id, note: "Wait" });
    expect(counts((await bench.store.items.unlink(half)).item)).toEqual(["open", 0]);
    expect((await refusal(bench.store.items.unlink(half))).code).toBe("not_found");
    const dangling = await refusal(bench.store.items.link({ ...half, toId: 987_654_321 }));
    expect(dangling.code).toBe("not_found");
  });

  test("removing a link frees nothing that a reason alone holds up", async () => {
    const [a, b] = [await bench.add(), await bench.add()];
    const { lease } = await bench.claim(a.id);
    await bench.store.claims.block({ by: agent(), leaseId: lease.id, note: "No ladder" });
    await link(bench, a.id, b.id, "relates");
    await bench.store.items.unlink({ by, fromId: a.id, kind: "relates", toKind: "item", toId: b.id });
    expect(counts(await bench.item(a.id))).toEqual(["blocked", 0]);
  });

  test("LC27 an item with unfinished parts is not ready; the last end sends it to a person's review", async () => {
    const parent = await bench.add();
    const parts = [await bench.add({ parentId: parent.id }), await bench.add({ parentId: parent.id })];
    expect((await bench.get(parent.id)).children).toEqual(parts.map(({ id }) => id));
    expect((await refusal(bench.claim(parent.id))).message).toContain("2 parts are not done");
    await close(bench, parts[0]?.id ?? 0);
    expect((await bench.item(parent.id)).openChildren).toBe(1);
    await bench.store.items.drop({ by, id: parts[1]?.id ?? 0, reason: "Sold" });
    const whole = await bench.item(parent.id);
    expect([whole.state, whole.phase, whole.openChildren]).toEqual(["review", "human", 0]);
    await bench.store.items.reopen({ by, id: parts[1]?.id ?? 0, reason: "Bought back" });
    expect((await bench.item(parent.id)).openChildren).toBe(1);
  });

  test("LC28 a prerequisite is inherited into the lane only by policy, three times, and one deep", async () => {
    const { id: projectId } = await bench.project({ policy: { prerequisites: "inherit" } });
    const { id } = await bench.add({ projectId });
    const block = async (item: number, n: number) => {
      const { lease } = await bench.claim(item);
      const { prerequisite } = await bench.store.claims.block({
        by: agent(),
        leaseId: lease.id,
        note: "First this",
        prerequisite: { title: `Part ${item} ${n}` },
      });
      return prerequisite;
    };
    const kinds: (string | undefined)[] = [];
    for (let n = 1; n <= 4; n += 1) {
      const made = await block(id, n);
      kinds.push(made?.kind);
      if (n === 1) expect((await bench.get(made?.id ?? 0)).item.lane).toBe(LANE.agent);
      if (n === 1) expect((await block(made?.id ?? 0, 1))?.kind).toBe("candidate");
      await bench.store.items.unblock({ by, id });
    }
    expect(kinds).toEqual(["item", "item", "item", "candidate"]);
  });

  test("LC29 merging a blocker at the gate into what is done or blocks already frees; into what waits for it is refused", async () => {
    const wish = async (itemId: number, title: string) =>
      (await bench.store.claims.blockItem({ by, id: itemId, note: "Wait", prerequisite: { title } }))
        .prerequisite?.id ?? 0;
    const [a, b, done] = [await bench.add(), await bench.add(), await bench.add()];
    await close(bench, done.id);
    await bench.store.gate.merge({ by, id: await wish(a.id, "Done already"), intoId: done.id });
    expect(counts(await bench.item(a.id))).toEqual(["open", 0]);
    await link(bench, a.id, b.id);
    await bench.store.gate.merge({ by, id: await wish(a.id, "The same"), intoId: b.id });
    expect(counts(await bench.item(a.id))).toEqual(["blocked", 1]);
    const self = await wish(b.id, "Itself");
    for (const intoId of [b.id, a.id]) {
      const refused = await refusal(bench.store.gate.merge({ by, id: self, intoId }));
      expect([refused.code, refused.message.includes("circle")]).toEqual(["conflict", true]);
    }
    expect((await bench.store.gate.get({ id: self })).state).toBe("pending");
    await close(bench, b.id);
    expect(counts(await bench.item(a.id))).toEqual(["open", 0]);
  });

  test("whatever is linked, closed, dropped and reopened, the counts are those of the links", async () => {
    const step = fc.record({
      act: fc.constantFrom("link", "unlink", "close", "drop", "reopen", "unblock", "block"),
      from: fc.nat({ max: 3 }),
      to: fc.nat({ max: 3 }),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 12 }), async (steps) => {
        const ids: number[] = [];
        for (let n = 0; n < 4; n += 1) ids.push((await bench.add()).id);
        for (const { act, from, to } of steps) {
          const [id = 0, toId = 0] = [ids[from], ids[to]];
          const half = { by, fromId: id, kind: "blocked_by", toKind: "item", toId } as const;
          const calls = {
            link: () => bench.store.items.link(half),
            unlink: () => bench.store.items.unlink(half),
            close: () => close(bench, id),
            drop: () => bench.store.items.drop({ by, id, reason: "Sold" }),
            reopen: () => bench.store.items.reopen({ by, id, reason: "Again" }),
            unblock: () => bench.store.items.unblock({ by, id }),
            block: () => bench.store.claims.blockItem({ by, id, note: "Wait" }),
          };
          await calls[act]().catch((error: unknown) => {
            expect(error instanceof SluiceError ? error.code : error).toMatch(/^(conflict|not_found)$/);
          });
        }
        const details = await Promise.all(ids.map(bench.get));
        for (const { item, links } of details)
          expect(item.openBlockers).toBe(
            links.filter(({ toState }) => toState !== "done" && toState !== "dropped").length,
          );
      }),
      { numRuns: 12 },
    );
  });
});
