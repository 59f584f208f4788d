import { expect, test } from "bun:test";
import type { Caller } from "#domain/caller.ts";
import { EMPTY_SPEC } from "#domain/item/spec.ts";
import type { Proposal } from "#operations/ports/store/gate-store.ts";
import { refusal } from "#test/refusal.ts";
import { agent, human } from "#test/stores.ts";
import { DAY, eachStore, LANE } from "./each-store.ts";

const by = human();

eachStore((bench) => {
  const propose = (proposal: Proposal, caller: Caller = agent()) =>
    bench.store.gate.propose({ by: caller, proposal });
  const filed = async (wish: Partial<Proposal> = {}) => {
    const proposal = await bench.proposal(wish);
    return { proposal, id: (await propose(proposal)).candidate.id };
  };

  test("GT1 whoever proposes files a candidate that keeps all that was said and where it came from", async () => {
    const proposal = await bench.proposal({
      spec: {
        ...EMPTY_SPEC,
        problem: "It leaks",
        premises: [{ kind: "file", path: "roof.ts", exists: true }],
      },
      wishes: { lane: LANE.agent, kind: "write", priority: "P2", labels: ["wet"], needs: ["gpu"] },
      rule: "leaks@2",
      sourceText: "L12: drip",
      capturedOn: "2026-01-02",
      external: { system: "scan", key: "rule:7" },
    });
    const { candidate, filed: made } = await propose(proposal);
    expect(made).toBe(true);
    expect(candidate).toMatchObject({ ...proposal, state: "pending", proposedBy: "ai:robot", itemId: null });
    expect(await bench.store.gate.get({ id: candidate.id })).toEqual(candidate);
  });

  test("GT2 the same external key or fingerprint files one candidate while it is pending, and while its item is open", async () => {
    for (const external of [undefined, { system: "scan", key: "rule:8" }]) {
      const { proposal, id } = await filed({ external });
      const changed = external === undefined ? proposal : { ...proposal, fingerprint: "moved by a line" };
      expect(await propose(changed, agent("codex"))).toMatchObject({ candidate: { id }, filed: false });
      const { detail } = await bench.store.gate.approve({ by, id });
      expect(await propose(changed)).toMatchObject({
        candidate: { id, itemId: detail.item.id },
        filed: false,
      });
      await bench.store.items.close({ by, id: detail.item.id, reason: "Mended", evidence: [] });
      const again = await propose(changed);
      expect([again.filed, again.candidate.recursId]).toEqual([true, detail.item.id]);
      const second = await bench.store.gate.approve({ by, id: again.candidate.id });
      expect(second.detail.links).toEqual([
        expect.objectContaining({ kind: "recurs", toId: detail.item.id, toState: "done" }),
      ]);
    }
  });

  test("the same proposal from two sessions at once files one", async () => {
    const other = await bench.test.again();
    const proposal = await bench.proposal();
    const both = await Promise.all([
      propose(proposal),
      other.gate.propose({ by: agent("codex"), proposal }),
      propose(proposal),
    ]);
    expect(both.filter((one) => one.filed)).toHaveLength(1);
    expect(new Set(both.map((one) => one.candidate.id)).size).toBe(1);
  });

  test("GT4 a rejection answers the same proposal for 90 days, with its reason, and then no more", async () => {
    const { proposal, id } = await filed();
    await bench.store.gate.reject({ by, id, reason: "Works as meant" });
    expect(await propose(proposal)).toMatchObject({
      filed: false,
      candidate: { id, state: "rejected", reason: "Works as meant" },
    });
    bench.advance(89 * DAY);
    expect((await propose(proposal)).filed).toBe(false);
    bench.advance(1 * DAY);
    expect((await propose(proposal)).filed).toBe(true);
  });

  test("GT5 a machine has at most 50 pending of one source; a person and another source are not held up", async () => {
    const { projectId } = await bench.proposal();
    const wish = async (n: number, source: string) =>
      bench.proposal({ projectId, source, title: `Leak ${n}` });
    for (let n = 0; n < 50; n += 1) await propose(await wish(n, "flood"), agent("flood"));
    const refused = await refusal(propose(await wish(50, "flood"), agent("flood")));
    expect([refused.code, refused.details["pending"], refused.details["limit"]]).toEqual(["limited", 50, 50]);
    expect((await propose(await wish(51, "drip"), agent("flood"))).filed).toBe(true);
    expect((await propose(await wish(52, "flood"), by)).filed).toBe(true);
    const { items } = await bench.store.gate.list({ projectId, source: "flood", page: { limit: 100 } });
    await bench.store.gate.reject({ by, id: items[0]?.id ?? 0, reason: "No" });
    expect((await propose(await wish(53, "flood"), agent("flood"))).filed).toBe(true);
  });

  test("GT6 an agent opens no gate: it neither approves, rejects nor merges", async () => {
    const { id } = await filed();
    const { id: intoId } = await bench.add();
    const { gate } = bench.store;
    for (const call of [
      () => gate.approve({ by: agent(), id }),
      () => gate.reject({ by: agent(), id, reason: "No" }),
      () => gate.merge({ by: agent(), id, intoId }),
    ])
      expect((await refusal(call())).code).toBe("denied");
    expect((await gate.get({ id })).state).toBe("pending");
  });

  test("GT7 approving makes one item with what was wished, in triage unless a person says else, and keeps the original", async () => {
    const { id, proposal } = await filed({ wishes: { lane: LANE.agent, labels: ["wet"], priority: "P1" } });
    const { candidate, detail } = await bench.store.gate.approve({
      by: human("eve"),
      id,
      title: "Better words",
    });
    expect([detail.item.lane, detail.item.labels, detail.item.priority, detail.item.title]).toEqual([
      LANE.triage,
      ["wet"],
      "P1",
      "Better words",
    ]);
    expect([candidate.state, candidate.title, candidate.decidedBy, detail.candidateId]).toEqual([
      "approved",
      proposal.title,
      "human:eve",
      id,
    ]);
    const again = await bench.store.gate.approve({ by, id, lane: LANE.agent });
    expect(again.detail).toEqual(detail);
    const granted = await bench.store.gate.approve({ by, id: (await filed()).id, lane: LANE.agent });
    expect([granted.detail.item.lane, granted.detail.grantBy]).toEqual([LANE.agent, "human:ada"]);
  });

  test("two approvals at once make one item", async () => {
    const other = await bench.test.again();
    const { id } = await filed();
    const [a, b] = await Promise.all([
      bench.store.gate.approve({ by, id }),
      other.gate.approve({ by: human("eve"), id }),
    ]);
    expect(a?.detail.item.id).toBe(b?.detail.item.id);
  });

  test("GT9 a rule that a person wrote approves what fits, into its own lane; another, or an old version, nothing", async () => {
    const rule = {
      name: "docs",
      version: 2,
      source: "scan",
      label: "docs",
      lane: LANE.agent,
      by: "human:eve",
    };
    const { id: projectId } = await bench.project({ policy: { approve: [rule] } });
    const { gate } = bench.store;
    const { id } = await filed({ projectId, wishes: { labels: ["docs"] } });
    for (const policy of ["docs@1", "docs@3", "else@2", ""])
      expect((await refusal(gate.approve({ by: agent(), id, policy }))).code).toBe("denied");
    const { id: other } = await filed({ projectId, wishes: { labels: ["wet"] } });
    const { id: foreign } = await filed({ projectId, source: "rumour", wishes: { labels: ["docs"] } });
    for (const wrong of [other, foreign])
      expect((await refusal(gate.approve({ by: agent(), id: wrong, policy: "docs@2" }))).code).toBe("denied");
    const words = { title: "Something else" };
    expect((await refusal(gate.approve({ by: agent(), id, policy: "docs@2", ...words }))).code).toBe(
      "denied",
    );
    const { candidate, detail } = await gate.approve({
      by: agent(),
      id,
      policy: "docs@2",
      lane: LANE.manual,
    });
    expect([candidate.decidedBy, detail.item.lane, detail.grantBy]).toEqual([
      "system:policy/docs@2",
      LANE.agent,
      "system:policy/docs@2",
    ]);
    await bench.store.projects.edit({ by, id: projectId, changes: { policy: { approve: [] } } });
    const { id: late } = await filed({ projectId, wishes: { labels: ["docs"] } });
    expect((await refusal(gate.approve({ by: agent(), id: late, policy: "docs@2" }))).code).toBe("denied");
  });

  test("GT10 merging names the item, keeps the text there as a note, and moves the links", async () => {
    const { id: intoId } = await bench.add();
    const { id: waits } = await bench.add();
    const { id, proposal } = await filed({ spec: { ...EMPTY_SPEC, problem: "Seen from the street too" } });
    await bench.store.items.link({ by, fromId: waits, kind: "blocked_by", toKind: "candidate", toId: id });
    const merged = await bench.store.gate.merge({ by, id, intoId, reason: "Same leak" });
    expect([merged.state, merged.itemId, merged.reason]).toEqual(["merged", intoId, "Same leak"]);
    const note = (await bench.get(intoId)).notes.at(-1);
    expect(note?.body).toContain(proposal.title);
    expect(note?.body).toContain("Seen from the street too");
    expect((await bench.get(waits)).links).toEqual([
      expect.objectContaining({ toKind: "item", toId: intoId }),
    ]);
    expect(await bench.store.gate.merge({ by, id, intoId })).toEqual(merged);
  });

  test("what is decided stays decided: another decision is refused and names the first", async () => {
    const { id } = await filed();
    await bench.store.gate.reject({ by, id, reason: "No" });
    const refused = await refusal(bench.store.gate.approve({ by, id }));
    expect([refused.code, refused.details["state"]]).toEqual(["conflict", "rejected"]);
    expect((await bench.store.gate.reject({ by, id, reason: "Still no" })).reason).toBe("No");
    expect((await refusal(bench.store.gate.get({ id: 987_654_321 }))).code).toBe("not_found");
  });

  test("GT12 what nobody looked at for 30 days expires, and can be revived", async () => {
    const { id } = await filed();
    bench.advance(29 * DAY);
    await bench.store.gate.expire({ by });
    expect((await bench.store.gate.get({ id })).state).toBe("pending");
    bench.advance(DAY + 1_000);
    expect(await bench.store.gate.expire({ by })).toBeGreaterThanOrEqual(1);
    expect((await bench.store.gate.get({ id })).state).toBe("expired");
    const { candidate, detail } = await bench.store.gate.approve({ by, id });
    expect([candidate.state, detail.item.state]).toEqual(["approved", "open"]);
  });

  test("likely duplicates among items and candidates are shown, and refuse nothing", async () => {
    const { id: projectId } = await bench.project();
    const item = await bench.add({ projectId, title: "Escape the search query against injection" });
    await filed({ projectId, title: "Escape search query injection" });
    const { similar, filed: made } = await propose(
      await bench.proposal({ projectId, title: "Escape search query injection" }),
    );
    expect(made).toBe(true);
    const prefix = (await bench.store.projects.settings()).prefix;
    expect(similar.map(({ ref }) => ref)).toContain(`${prefix}-${item.id}`);
    expect(similar.some(({ ref }) => ref.startsWith("C-"))).toBe(true);
  });

  test("GT14 a command inside a candidate is never approved by being there", async () => {
    const { id } = await filed({
      spec: {
        ...EMPTY_SPEC,
        premises: [{ kind: "command", run: "rm -r roof", approvedBy: "human:ada" }],
        trigger: {
          text: "Soon",
          hold: false,
          conditions: [{ kind: "command", run: "true", approvedBy: "human:ada" }],
        },
      },
    });
    const { detail } = await bench.store.gate.approve({ by, id });
    expect(JSON.stringify(detail.spec)).toContain("rm -r roof");
    expect(JSON.stringify(detail.spec)).not.toContain("approvedBy");
  });
});
