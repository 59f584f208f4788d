import { openStore } from "#store/open-store.ts";
import type { ClaimResult } from "./claim-result.ts";
import { type FixtureShape, VARIANTS } from "./fixture/fixture-shape.ts";
import { postgresFixture } from "./fixture/postgres-fixture.ts";
import { sqliteFixture } from "./fixture/sqlite-fixture.ts";

const ITEMS = 1_000;

/** The fixtures are workspaces that the product's own check finds nothing wrong with. */
export const fixtureCheck = {
  title: "What is measured is sound",
  run: async (): Promise<readonly ClaimResult[]> => {
    const results: ClaimResult[] = [];
    for (const variant of VARIANTS) {
      const shape = { items: ITEMS, variant, searchable: true };
      results.push(await check("SQLite", shape, await sqliteFixture(shape)));
      results.push(await check("PostgreSQL", shape, await postgresFixture(shape)));
    }
    return results;
  },
};

async function check(database: string, { variant }: FixtureShape, place: string): Promise<ClaimResult> {
  const store = await openStore({ place });
  try {
    const findings = await store.history.check({ deep: true });
    for (const finding of findings.slice(0, 5)) console.log(`  ${finding.message}`);
    const { ready, timed, held, leased } = await store.claims.summary({});
    return {
      claim: `${database}, ${variant}: findings of \`sluice doctor\``,
      measured: `${findings.length}`,
      against: `${ready} ready, ${timed} timed, ${held} held, ${leased} leased`,
      ratio: findings.length,
      limit: { atMost: 0 },
    };
  } finally {
    await store.close();
  }
}
