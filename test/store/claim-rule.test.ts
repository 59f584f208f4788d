import { expect, test } from "bun:test";
import fc from "fast-check";
import { drawKey } from "#domain/schedule/claim-order.ts";
import { MIN_LEASE_MS } from "#domain/claim/lease-change.ts";
import { EMPTY_SPEC } from "#domain/item/spec.ts";
import type { ClaimFilter } from "#operations/ports/store/claim-store.ts";
import { CLAIM_BY_NAME } from "#store/postgres/0008-claim-by-name.sql.ts";
import { drawKeySql } from "#store/queue/ready.ts";
import { refusal } from "#test/refusal.ts";
import { rawSql, withClient } from "#test/raw-sql.ts";
import { agent, human, openTestStore, STORE_KINDS } from "#test/stores.ts";

const LANE = "autonomous_safe";

test.each([...STORE_KINDS])(
  "%s: whatever closes a queue, a claim gives what a look says is next",
  async (kind) => {
    const workspace = await openTestStore(kind, { synchronous: "normal", random: () => 0.25 });
    await using _closed = { [Symbol.asyncDispose]: () => workspace.close() };
    const { store } = workspace;
    const by = human();
    const given: string[] = [];
    const ids = new Map<string, number>();
    for (const alias of ["open", "paused", "archived", "bound", "spent"]) {
      const { id: projectId } = await store.projects.add({
        by,
        alias,
        name: alias,
        maxLeases: alias === "bound" ? 1 : undefined,
      });
      ids.set(alias, projectId);
      for (const needs of [[], ["gpu"], ["gpu", "web"]])
        for (const jobKind of ["code", "research"])
          await store.items.add({
            by,
            item: { projectId, title: alias, spec: EMPTY_SPEC, lane: LANE, needs, kind: jobKind },
          });
    }
    const idOf = (alias: string): number => ids.get(alias) ?? 0;
    await store.claims.pause({ by, scope: "project", name: "paused", reason: "Not now" });
    await store.claims.pause({ by, scope: "runner", name: "codex", reason: "Not now" });
    await store.projects.edit({ by, id: idOf("archived"), changes: { archived: true } });
    await rawSql(
      workspace.place,
      `update project set spent_until = 99999999999999 where id = ${idOf("spent")}`,
    );
    const filters = [...ids].flatMap(([, id]) =>
      [[], ["web"], ["gpu"], ["gpu", "web", "x"]].flatMap((capabilities) =>
        [undefined, ["research"], []].map((kinds): ClaimFilter => ({
          projectIds: [id],
          capabilities,
          kinds,
        })),
      ),
    );
    for (const filter of [...filters, { projectIds: [] }, { class: "background" as const }]) {
      const seen = await store.claims.peek({ filter });
      expect(
        await store.claims.next({ by: agent(), filter, ttlMs: MIN_LEASE_MS, runner: { runner: "codex" } }),
      ).toBeUndefined();
      const claim = await store.claims.next({ by: agent(), filter, ttlMs: MIN_LEASE_MS, runner: {} });
      expect([filter, claim?.item.id]).toEqual([filter, seen?.id]);
      if (claim !== undefined) given.push(claim.item.title);
    }
    expect(given.toSorted()).toEqual(["bound", "open", "open", "open", "open", "open", "open"]);
    const byName = async (alias: string, runner = {}) => {
      const item = { projectId: idOf(alias), title: alias, spec: EMPTY_SPEC, lane: LANE };
      const { id } = (await store.items.add({ by, item })).item;
      return await store.claims.item({ by: agent(), id, ttlMs: MIN_LEASE_MS, runner });
    };
    for (const alias of ["paused", "archived", "bound", "spent"])
      expect([alias, (await refusal(byName(alias))).code]).toEqual([alias, "conflict"]);
    expect((await refusal(byName("open", { runner: "codex" }))).code).toBe("conflict");
    expect((await byName("open")).item.projectId).toBe(idOf("open"));
    await store.claims.pause({ by, scope: "workspace", name: "", reason: "Not now" });
    expect((await refusal(byName("open"))).code).toBe("conflict");
    expect(await store.claims.peek({ filter: {} })).toBeUndefined();
  },
);

test("PostgreSQL draws by the key of the domain", async () => {
  const workspace = await openTestStore("postgres");
  await using _closed = { [Symbol.asyncDispose]: () => workspace.close() };
  const drawn = fc.tuple(
    fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
    fc.double({ min: 0.001, max: 1_000_000, noNaN: true }),
  );
  await withClient(workspace.place, async (client) => {
    for (const [u, weight] of fc.sample(drawn, 100)) {
      const { rows } = await client.query<{ key: number }>(
        `select ${drawKeySql("$1::float8", "$2::float8")} as key`,
        [u, weight],
      );
      expect(rows[0]?.key).toBeCloseTo(drawKey(u, weight), 9);
    }
  });
});

test("PostgreSQL: who opens a workspace makes the function of a claim where it is missing", async () => {
  const workspace = await openTestStore("postgres");
  await using _closed = { [Symbol.asyncDispose]: () => workspace.close() };
  const { store, place } = workspace;
  const { id: projectId } = await store.projects.add({ by: human(), alias: "app", name: "App" });
  const item = { projectId, title: "Mend the roof", spec: EMPTY_SPEC, lane: LANE };
  const added = await store.items.add({ by: human(), item });
  const names = () =>
    withClient(place, async (client) => {
      const { rows } = await client.query<{ name: string }>(
        "select proname as name from pg_proc where pronamespace = current_schema()::regnamespace and proname like 'claim%'",
      );
      return rows.map(({ name }) => name);
    });
  const [own = "", ...others] = await names();
  expect([others, own.startsWith("claim_ready_")]).toEqual([[], true]);
  await withClient(place, async (client) => {
    await client.query(`drop function ${own}`);
    // As schema 5 had it, and what schema 8 does about it.
    await client.query("create function claim_ready(x text) returns text language sql as $$ select x $$");
    await client.query(CLAIM_BY_NAME);
  });
  const again = await workspace.again();
  expect(await names()).toEqual([own]);
  const claim = await again.claims.next({ by: agent(), filter: {}, ttlMs: MIN_LEASE_MS, runner: {} });
  expect(claim?.item.id).toBe(added.item.id);
});
