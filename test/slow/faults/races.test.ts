import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { z } from "zod";
import { openFaults } from "#test/fault-bench.ts";
import { STORE_KINDS } from "#test/stores.ts";

setDefaultTimeout(120_000);
const bench = openFaults();
const Claimed = z.object({ code: z.string(), id: z.number().nullish() });
const Drained = z.object({ jobs: z.number() });
const ROUNDS = 20;

for (const kind of STORE_KINDS)
  describe(kind, () => {
    test(`FM1 of 32 processes of one name released at once on one item exactly one wins, ${ROUNDS} times`, async () => {
      const b = await bench(kind);
      const peers = await b.peers(32);
      for (let round = 0; round < ROUNDS; round += 1) {
        const { id } = await b.add();
        for (const peer of peers) peer.send({ do: "claim", id });
        const answers = await Promise.all(peers.map(async (peer) => Claimed.parse(await peer.read())));
        expect(answers.filter(({ code }) => code === "written")).toHaveLength(1);
      }
      expect(await b.findings()).toEqual([]);
    });
  });

test.each([
  [4, "normal"],
  [4, "full"],
  [16, "normal"],
  [16, "full"],
] as const)(
  "of %i writers on one file each gets a tenth of its fair share and none is refused, synchronous %s",
  async (writers, synchronous) => {
    const b = await bench("sqlite");
    for (let n = 0; n < 100; n += 1) await b.add();
    const peers = await b.peers(writers, synchronous);
    for (const peer of peers) peer.send({ do: "drain", ms: 10_000 });
    const drained = await Promise.all(peers.map(async (peer) => Drained.parse(await peer.read())));
    const fair = drained.reduce((sum, { jobs }) => sum + jobs, 0) / writers;
    for (const { jobs } of drained) expect(jobs).toBeGreaterThan(fair / 10);
    expect(await b.findings()).toEqual([]);
  },
);
