import { Database } from "bun:sqlite";
import { expect, test } from "bun:test";
import { z } from "zod";
import { openFaults } from "#test/fault-bench.ts";
import { auditChurn } from "#test/audit-churn.ts";
import { openStore } from "#store/open-store.ts";
import { refusal } from "#test/refusal.ts";

const bench = openFaults();
const LIMIT_MS = 60_000;
const Drained = z.object({ jobs: z.number() });

test.each(["normal", "full"] as const)(
  "FM17 three writers killed at any moment lose nothing that was acknowledged, synchronous %s",
  async (synchronous) => {
    const b = await bench("sqlite");
    for (let round = 0; round < 2; round += 1) {
      await auditChurn(b, { writers: 3, synchronous, lines: 15 * (round + 1) });
      const file = new Database(b.workspace.place);
      expect(file.query("pragma integrity_check").values()).toEqual([["ok"]]);
      file.run("insert into item_search(item_search) values ('integrity-check')");
      file.close();
    }
  },
  LIMIT_MS,
);

test.each(["normal", "full"] as const)(
  "of four writers on one file each gets its share and none is refused, synchronous %s",
  async (synchronous) => {
    const b = await bench("sqlite");
    for (let n = 0; n < 40; n += 1) await b.add();
    const peers = await b.peers(4, synchronous);
    for (const peer of peers) peer.send({ do: "drain", ms: 1_500 });
    const drained = await Promise.all(peers.map(async (peer) => Drained.parse(await peer.read())));
    const fair = drained.reduce((sum, { jobs }) => sum + jobs, 0) / peers.length;
    for (const { jobs } of drained) expect(jobs).toBeGreaterThan(fair / 10);
    expect(await b.findings()).toEqual([]);
  },
  LIMIT_MS,
);

test("a newer schema stops an older program that has the file open, and one that opens it", async () => {
  const b = await bench("sqlite");
  const { id } = await b.add();
  const newer = new Database(b.workspace.place);
  newer.run("pragma user_version = 99");
  newer.close();
  for (const call of [b.add(), openStore({ place: b.workspace.place })]) {
    const refused = await refusal(call);
    expect([refused.code, refused.details]).toMatchObject(["invalid", { schema: 99 }]);
    expect(refused.hint).toContain("Update this program");
  }
  const raw = new Database(b.workspace.place);
  expect(raw.query("select max(id) from item").values()).toEqual([[id]]);
  raw.close();
});
