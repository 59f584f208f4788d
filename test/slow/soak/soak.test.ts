import { expect, test } from "bun:test";
import { STORE_KINDS } from "#test/stores.ts";
import { soak } from "../../soak/run-soak.ts";

const SECONDS = 20;

test.each(STORE_KINDS)(
  "SO1 agents that are killed and stopped at random on %s lose nothing and hold nothing twice",
  async (kind) => {
    const { signal } = new AbortController();
    const report = await soak({ kind, seconds: SECONDS, processes: 4, seed: 7, signal, say: () => {} });
    expect(report.breaches).toEqual([]);
    expect(report.count("finish")).toBeGreaterThan(0);
    expect(report.kills).toBeGreaterThan(0);
  },
  SECONDS * 1_000 + 60_000,
);
