import { expect, test } from "bun:test";
import { rmSync } from "node:fs";
import { join } from "node:path";
import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import type { Store } from "#operations/ports/store.ts";
import { backUpPlace } from "#store/backup/back-up-place.ts";
import { restoreBackup } from "#store/backup/restore-backup.ts";
import { openStore } from "#store/open-store.ts";
import { openFaults } from "#test/fault-bench.ts";
import { human, STORE_KINDS } from "#test/stores.ts";

const bench = openFaults();

async function historyOf(store: Store): Promise<readonly string[]> {
  const entries: string[] = [];
  for (let cursor: string | undefined; ;) {
    const page = { limit: 1_000, ...(cursor === undefined ? {} : { cursor }) };
    const { items, next } = await store.history.events({ newestFirst: false, page });
    entries.push(...items.map((event) => JSON.stringify(event)));
    if (next === null) return entries;
    cursor = next;
  }
}

test.each(STORE_KINDS)(
  "a backup of %s under writers that do not stop is done, and restores to the same history",
  async (kind) => {
    const b = await bench(kind);
    const folder = mkdtempSync(join(tmpdir(), "sluice-load-"));
    b.cleanup(() => rmSync(folder, { recursive: true, force: true }));
    const peers = await b.peers(2);
    for (const peer of peers) peer.send({ do: "churn", projectId: b.projectId, jobs: 100_000 });
    for (let n = 0; n < 40; n += 1) await Promise.all(peers.map((peer) => peer.read()));
    const to = join(folder, "backup.db");
    const made = await backUpPlace({ place: b.workspace.place, to });
    for (let n = 0; n < 40; n += 1) await Promise.all(peers.map((peer) => peer.read()));
    for (const peer of peers) peer.signal("SIGKILL");
    await Promise.all(peers.map((peer) => peer.ended));
    const place = join(folder, "restored.db");
    const restored = await restoreBackup({ by: human(), from: to, to: place, onProgress: () => {} });
    expect([restored.events, restored.sha256, restored.findings]).toEqual([made.events, made.sha256, []]);
    const store = await openStore({ place });
    const [before, after] = [await historyOf(b.store), await historyOf(store)];
    await store.close();
    expect(made.events).toBeGreaterThan(80);
    expect(before.length).toBeGreaterThan(made.events);
    // On PostgreSQL an event with a lower number may commit after the backup's moment: what it holds is a part, not a beginning.
    const whole = new Set(before);
    expect(after.slice(0, made.events).filter((event) => !whole.has(event))).toEqual([]);
  },
  60_000,
);
