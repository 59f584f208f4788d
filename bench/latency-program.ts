// Claims and finishes on one workspace until a time, and prints how long each claim took. Arguments: place, store or bare, from, until (epoch ms).
import { openStore } from "#store/open-store.ts";
import { agentCaller, claimOnce } from "./claim-loop.ts";
import { bareSqlite } from "./peers/bare-sqlite.ts";

const [place = "", way = "", from = "0", until = "0"] = process.argv.slice(2);
const claimsMs: number[] = [];
if (way === "bare") {
  const bare = bareSqlite(place, "full");
  await begin();
  while (Date.now() < Number(until)) bare.run(1, (ms) => claimsMs.push(ms));
  bare.close();
} else {
  const store = await openStore({ place });
  await begin();
  while (Date.now() < Number(until)) {
    const begun = performance.now();
    const leaseId = await claimOnce(store);
    claimsMs.push(performance.now() - begun);
    await store.claims.finish({ by: agentCaller, leaseId, outcome: "changed", evidence: [] });
  }
  await store.close();
}
console.log(JSON.stringify(claimsMs));

async function begin(): Promise<void> {
  await Bun.sleep(Math.max(0, Number(from) - Date.now()));
}
