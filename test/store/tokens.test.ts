import { expect, test } from "bun:test";
import { join } from "node:path";
import { parseActor } from "#domain/actor.ts";
import type { Role } from "#domain/caller.ts";
import { sha256 } from "#domain/text/sha256.ts";
import { backUpPlace } from "#store/backup/back-up-place.ts";
import { restoreBackup } from "#store/backup/restore-backup.ts";
import { openStore } from "#store/open-store.ts";
import { rawSql } from "#test/raw-sql.ts";
import { refusal } from "#test/refusal.ts";
import { agent, freshSchema, human } from "#test/stores.ts";
import { DAY, eachStore, MINUTE } from "./each-store.ts";

const by = human();
const ALL = { all: true, page: { limit: 100 } } as const;

eachStore((bench) => {
  let count = 0;
  const create = async (as = "ai:codex", role: Role = "agent", more: object = {}) => {
    count += 1;
    const hash = await sha256(`secret ${bench.kind} ${count}`);
    const token = await bench.store.tokens.create({ by, actor: parseActor(as), role, hash, ...more });
    return { token, hash };
  };

  test("TK1 a token is found by its hash with actor, role and scope, until it expires or is revoked", async () => {
    const { tokens } = bench.store;
    const { id } = await bench.project();
    const { hash, token } = await create("ai:codex", "agent", { lifetimeMs: DAY, projectIds: [id] });
    const grant = { id: token.id, actor: parseActor("ai:codex"), role: "agent" } as const;
    expect(await tokens.find({ hash })).toEqual({ ...grant, projects: [id] });
    expect(await tokens.find({ hash: await sha256("no secret") })).toBeUndefined();
    bench.advance(DAY - MINUTE);
    expect(await tokens.find({ hash })).toBeDefined();
    bench.advance(MINUTE);
    expect(await tokens.find({ hash })).toBeUndefined();
    const lasting = await create("human:eve", "admin");
    bench.advance(400 * DAY);
    expect(await tokens.find(lasting)).toEqual({
      id: lasting.token.id,
      actor: parseActor("human:eve"),
      role: "admin",
    });
    await tokens.revoke({ by, id: lasting.token.id });
    expect(await tokens.find(lasting)).toBeUndefined();
  });

  test("the last use is noted at most once a minute", async () => {
    const { hash, token } = await create();
    const usedAt = async () =>
      (await bench.store.tokens.list(ALL)).items.find(({ id }) => id === token.id)?.lastUsedAt ?? null;
    expect(await usedAt()).toBeNull();
    await bench.store.tokens.find({ hash });
    const first = await usedAt();
    expect(first).toBeGreaterThanOrEqual(token.createdAt);
    bench.advance(MINUTE / 3);
    await bench.store.tokens.find({ hash });
    expect(await usedAt()).toBe(first);
    bench.advance(MINUTE);
    await bench.store.tokens.find({ hash });
    expect(await usedAt()).toBeGreaterThanOrEqual((first ?? 0) + MINUTE);
  });

  test("TK3 only a person creates and revokes, each as one event without secret or hash", async () => {
    const hash = await sha256("wished");
    const wish = { actor: parseActor("ai:codex"), role: "agent", hash } as const;
    expect((await refusal(bench.store.tokens.create({ by: agent(), ...wish }))).code).toBe("denied");
    expect(await bench.store.tokens.find({ hash })).toBeUndefined();
    const made = await create();
    const { id } = made.token;
    expect((await refusal(bench.store.tokens.revoke({ by: agent(), id }))).code).toBe("denied");
    expect((await refusal(bench.store.tokens.revoke({ by, id: 9_999 }))).code).toBe("not_found");
    const revoked = await bench.store.tokens.revoke({ by, id });
    expect(await bench.store.tokens.revoke({ by, id })).toEqual(revoked);
    const request = { stream: "token", streamId: id, newestFirst: false, page: { limit: 10 } };
    const { items } = await bench.store.history.events(request);
    expect(items.map(({ operation, actor, n }) => [operation, actor, n])).toEqual([
      ["token.create", "human:ada", 1],
      ["token.revoke", "human:ada", 2],
    ]);
    expect(JSON.stringify(items)).not.toContain(made.hash);
  });

  test("a list is newest first, in pages, without hashes, and without what is over", async () => {
    const { tokens } = bench.store;
    const [live, over, gone] = [
      await create(),
      await create("ai:x", "viewer", { lifetimeMs: 1 }),
      await create(),
    ];
    bench.advance(1);
    await tokens.revoke({ by, id: gone.token.id });
    const listed = async (all: boolean) => {
      const ids: number[] = [];
      for (let cursor: string | undefined; ;) {
        const { items, next } = await tokens.list({ all, page: { limit: 2, cursor } });
        ids.push(...items.map(({ id }) => id));
        expect(JSON.stringify(items)).not.toContain(live.hash);
        if (next === null) return ids;
        cursor = next;
      }
    };
    const all = await listed(true);
    expect(all).toEqual(all.toSorted((a, b) => b - a));
    expect(all.slice(0, 3)).toEqual([gone.token.id, over.token.id, live.token.id]);
    expect((await listed(false)).slice(0, 1)).toEqual([live.token.id]);
  });

  test("TK5 no token of a backup is accepted in what is restored from it", async () => {
    const { hash } = await create();
    const { home, place } = bench.test;
    const to = bench.kind === "sqlite" ? join(home, "restored.db") : await freshSchema();
    const backup = join(home, "tokens.db");
    await backUpPlace({ place, to: backup });
    await restoreBackup({ by, from: backup, to, onProgress: () => {} });
    const restored = await openStore({ place: to });
    try {
      expect(await restored.tokens.find({ hash })).toBeUndefined();
      expect((await restored.tokens.list({ ...ALL, all: false })).items).toEqual([]);
      expect(await restored.history.check({ deep: true })).toEqual([]);
    } finally {
      await restored.close();
    }
    expect(await bench.store.tokens.find({ hash })).toBeDefined();
  });

  test("TK7 the store gives no program the right to decide, and the database knows no other role", async () => {
    for (const [as, role] of [
      ["ai:codex", "operator"],
      ["ai:codex", "admin"],
      ["system:worker", "viewer"],
    ] as const)
      expect((await refusal(create(as, role))).code).toBe("invalid");
    const { token } = await create();
    const harm = rawSql(bench.test.place, `update token set role = 'root' where id = ${token.id}`);
    expect(
      await harm.then(
        () => "went through",
        () => "refused",
      ),
    ).toBe("refused");
  });
});
