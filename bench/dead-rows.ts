import pg from "pg";
import { EMPTY_SPEC } from "#domain/item/spec.ts";
import { openStore } from "#store/open-store.ts";
import type { Store } from "#operations/ports/store.ts";
import { agent, human } from "#test/stores.ts";
import type { ClaimResult } from "./claim-result.ts";
import { benchPostgres } from "./fixture/bench-postgres.ts";

const CLAIMS = 300;
const ITEMS = 1_000;
const DEAD_ROWS = 100_000;
const LEASE_MS = 3_600_000;

/** A transaction that nobody ended keeps every dead row, and a claim walks over those in front of it. */
export const deadRows = {
  title:
    "A claim on PostgreSQL over 100,000 dead rows that an old snapshot keeps, against one on a clean queue",
  run: async (): Promise<readonly ClaimResult[]> => {
    const url = await benchPostgres();
    const schema = `dead_${process.pid}`;
    const store = await openStore({
      place: `${url}${url.includes("?") ? "&" : "?"}schema=${schema}`,
      create: true,
    });
    const pin = new pg.Client({ connectionString: url });
    const churn = new pg.Client({ connectionString: url });
    await Promise.all([pin.connect(), churn.connect()]);
    try {
      await fill(store);
      const clean = await claims(store);
      await pin.query("begin isolation level repeatable read");
      await pin.query(`select count(*) from "${schema}".item`);
      for (let n = 0; n < DEAD_ROWS / ITEMS; n += 1)
        await churn.query(`update "${schema}".item set updated_at = updated_at`);
      const full = await claims(store);
      return [result("p50", 0.5, full, clean), result("p99", 0.99, full, clean)];
    } finally {
      await Promise.all([pin.end(), store.close()]);
      await churn.query(`drop schema "${schema}" cascade`);
      await churn.end();
    }
  },
};

async function fill(store: Store): Promise<void> {
  const { id: projectId } = await store.projects.add({ by: human(), alias: "app", name: "App" });
  for (let n = 0; n < ITEMS; n += 1)
    await store.items.add({
      by: human(),
      item: { projectId, title: `Item ${n}`, spec: EMPTY_SPEC, lane: "autonomous_safe" },
    });
}

/** Milliseconds of each claim, in order of size. */
async function claims(store: Store): Promise<readonly number[]> {
  const took: number[] = [];
  for (let n = 0; n < CLAIMS; n += 1) {
    const startedAt = performance.now();
    await store.claims.next({ by: agent(), filter: {}, ttlMs: LEASE_MS, runner: {} });
    took.push(performance.now() - startedAt);
  }
  return took.toSorted((x, y) => x - y);
}

function result(name: string, part: number, full: readonly number[], clean: readonly number[]): ClaimResult {
  const at = (took: readonly number[]) => took[Math.floor(took.length * part)] ?? 0;
  return {
    claim: `PostgreSQL, ${DEAD_ROWS} dead rows: ${name} of a claim`,
    measured: `${at(full).toFixed(2)} ms`,
    against: `${at(clean).toFixed(2)} ms`,
    ratio: at(full) / at(clean),
    ...(part > 0.9 ? { limit: { atMost: 3 } } : {}),
  };
}
