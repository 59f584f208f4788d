import { expect, test } from "bun:test";
import { MIN_LEASE_MS } from "#domain/claim/lease-change.ts";
import type { Claim } from "#operations/ports/store/claim-store.ts";
import { refusal } from "#test/refusal.ts";
import { agent, human, worker } from "#test/stores.ts";
import { eachStore, LANE, type StoreBench } from "./each-store.ts";

const by = human();
let repos = 0;

/** A project with a repo, and a maker of items that touch paths of it. */
async function withRepo({ store, project, add }: StoreBench) {
  const { id: projectId } = await project({ landing: "merge" });
  repos += 1;
  const place = `/srv/repo-${repos}`;
  await store.projects.addRepo({
    by,
    projectId,
    alias: `r${repos}`,
    path: place,
    commonDir: `${place}/.git`,
  });
  return {
    projectId,
    touching: (...patterns: string[]) => add({ projectId, paths: patterns.map((pattern) => ({ pattern })) }),
  };
}

const ended = ({ store }: StoreBench, claim: Claim | undefined) =>
  store.claims.release({ by: agent(), leaseId: claim?.lease.id ?? "", note: "Later" });

eachStore((bench) => {
  test("RD15 an item that overlaps a live lease is held until that ends; one beside it is not", async () => {
    const { projectId, touching } = await withRepo(bench);
    const first = await touching("src/**/a.ts");
    const same = await touching("src/b.ts");
    const beside = await touching("docs/");
    const a = await bench.next(projectId);
    const b = await bench.next(projectId);
    expect([a?.item.id, b?.item.id]).toEqual([first.id, beside.id]);
    expect(await bench.next(projectId)).toBeUndefined();
    expect((await bench.item(same.id)).heldBy).toBe(first.id);
    const refused = await refusal(bench.claim(same.id));
    expect(refused.message).toContain(`-${first.id} is worked on in the same files`);
    await ended(bench, b);
    expect((await bench.item(same.id)).heldBy).toBe(first.id);
    await bench.store.items.drop({ by, id: first.id, reason: "Sold" });
    expect((await bench.item(same.id)).heldBy).toBeNull();
    expect((await bench.claim(same.id)).item.id).toBe(same.id);
  });

  test("RD15 each verb that ends a lease readies at once what its paths held", async () => {
    const { projectId, touching } = await withRepo(bench);
    const first = await touching("src/");
    const same = await touching("src/a.ts");
    const { claims } = bench.store;
    const verbs = [
      (leaseId: string) => claims.release({ by: agent(), leaseId, note: "Later" }),
      (leaseId: string) => claims.block({ by: agent(), leaseId, note: "Wait" }),
      (leaseId: string) => claims.ask({ by: agent(), leaseId, question: "Which?", options: [] }),
      (leaseId: string) =>
        claims.finish({ by: agent(), leaseId, outcome: "already_satisfied", evidence: [] }),
    ];
    for (const end of verbs) {
      const { lease } = await bench.claim(first.id);
      expect(await bench.next(projectId)).toBeUndefined();
      expect((await bench.item(same.id)).heldBy).toBe(first.id);
      await end(lease.id);
      expect((await bench.item(same.id)).heldBy).toBeNull();
      const { state, lane } = await bench.item(first.id);
      if (state === "blocked") await bench.store.items.unblock({ by, id: first.id });
      if (lane !== LANE.agent) await bench.store.items.move({ by, id: first.id, lane: LANE.agent });
    }
  });

  test("RD16 what is checked or landed still holds its paths; what waits for a person does not", async () => {
    const { projectId, touching } = await withRepo(bench);
    await bench.store.projects.edit({ by, id: projectId, changes: { policy: { humanReview: true } } });
    const first = await touching("src/");
    const same = await touching("src/a.ts");
    const { lease } = await bench.claim(first.id, { runner: { workerId: "w1" } });
    await bench.store.claims.finish({ by: agent(), leaseId: lease.id, outcome: "changed", evidence: [] });
    const review = (await bench.item(first.id)).leaseId ?? "";
    expect(await bench.next(projectId)).toBeUndefined();
    await bench.store.claims.advance({ by: worker(), leaseId: review, id: first.id, phase: "verify" });
    const waiting = await bench.item(first.id);
    expect(waiting.phase).toBe("human");
    expect((await bench.next(projectId))?.item.id).toBe(same.id);
  });

  test("a lease that has expired holds nothing", async () => {
    const { touching } = await withRepo(bench);
    const [first, same] = [await touching("src/"), await touching("src/a.ts")];
    await bench.claim(first.id, { ttlMs: MIN_LEASE_MS });
    await refusal(bench.claim(same.id));
    bench.advance(MIN_LEASE_MS);
    expect((await bench.claim(same.id)).item.id).toBe(same.id);
  });

  test("however many wait for one, none is held for ever", async () => {
    const { projectId, touching } = await withRepo(bench);
    const ids: number[] = [];
    for (let n = 0; n < 20; n += 1) ids.push((await touching("src/")).id);
    const first = await bench.next(projectId);
    for (let n = 0; n < 3; n += 1) expect(await bench.next(projectId)).toBeUndefined();
    let claim = first;
    const order: number[] = [];
    while (claim !== undefined) {
      order.push(claim.item.id);
      await bench.store.items.close({ by, id: claim.item.id, reason: "Done", evidence: [] });
      claim = await bench.next(projectId);
    }
    expect(order.toSorted((a, b) => a - b)).toEqual(ids);
  }, 30_000);

  test("eight held items in front do not hide a free one behind them for longer than one claim", async () => {
    const { projectId, touching } = await withRepo(bench);
    const first = await touching("src/");
    for (let n = 0; n < 9; n += 1) await touching(`src/${n}.ts`);
    const free = await touching("docs/");
    expect((await bench.next(projectId))?.item.id).toBe(first.id);
    const claims = [await bench.next(projectId), await bench.next(projectId)];
    expect(claims.map((claim) => claim?.item.id).filter(Boolean)).toEqual([free.id]);
  });

  test("other paths of an item free it or hold it at the next claim", async () => {
    const { projectId, touching } = await withRepo(bench);
    await touching("src/");
    const second = await touching("src/a.ts");
    await bench.next(projectId);
    expect(await bench.next(projectId)).toBeUndefined();
    await bench.store.items.edit({ by, id: second.id, changes: { paths: [{ pattern: "docs/" }] } });
    expect((await bench.next(projectId))?.item.id).toBe(second.id);
  });

  test("RD22 globs hold what they match and nothing else, and are stored without detours", async () => {
    const { projectId, touching } = await withRepo(bench);
    const scripts = await touching("./src//db/../*.ts");
    const pages = await touching("src/*.md");
    const one = await touching("src/a.ts");
    const claims = [await bench.next(projectId), await bench.next(projectId), await bench.next(projectId)];
    expect(claims.map((claim) => claim?.item.id)).toEqual([scripts.id, pages.id, undefined]);
    expect((await bench.item(one.id)).heldBy).toBe(scripts.id);
    const { paths } = await bench.store.items.get({ id: scripts.id });
    expect(paths.map(({ pattern }) => pattern)).toEqual(["src/*.ts"]);
  });

  test("RD37 a path outside the repository is refused with what is accepted", async () => {
    const { touching } = await withRepo(bench);
    for (const outside of ["/etc/passwd", "../other", "src/../../other", "src/*/../a", "{..,src}/a"]) {
      const refused = await refusal(touching(outside));
      expect([refused.code, refused.details["value"]]).toEqual(["invalid", outside]);
      expect(refused.message).toContain("relative to the root of the repository");
    }
  });

  test("RD21 two claims at once never both work in the same files", async () => {
    const other = await bench.test.again();
    const { projectId, touching } = await withRepo(bench);
    const ids: number[] = [];
    for (let n = 0; n < 6; n += 1) ids.push((await touching("src/")).id);
    const request = { by: agent(), filter: { projectIds: [projectId] }, ttlMs: MIN_LEASE_MS, runner: {} };
    const claims = await Promise.all(
      ids.map((_, n) => (n % 2 === 0 ? bench.store : other).claims.next(request)),
    );
    expect(claims.filter((claim) => claim !== undefined)).toHaveLength(1);
  });
});
