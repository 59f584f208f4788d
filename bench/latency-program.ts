// Claims and finishes on one workspace until a time, and prints how long each claim took. Arguments: place, store or baseline, from, until (epoch ms).
import { openStore } from "#store/open-store.ts";
import { sqliteBaseline } from "./baseline/sqlite-baseline.ts";
import { storeSteps } from "./claim-loop.ts";

const [place = "", way = "", from = "0", until = "0"] = process.argv.slice(2);
const claimsMs: number[] = [];
if (way === "baseline") {
  const baseline = sqliteBaseline(place);
  await work(
    async () => (await baseline.claim({ brief: false })).lease,
    (lease) => baseline.finish({ lease }),
  );
  await baseline.close();
} else {
  const store = await openStore({ place });
  const { claim, finish } = storeSteps(store);
  await work(claim, finish);
  await store.close();
}
console.log(JSON.stringify(claimsMs));

async function work(
  claim: () => Promise<string>,
  finish: (lease: string) => Promise<unknown>,
): Promise<void> {
  await Bun.sleep(Math.max(0, Number(from) - Date.now()));
  while (Date.now() < Number(until)) {
    const begun = performance.now();
    const lease = await claim();
    claimsMs.push(performance.now() - begun);
    await finish(lease);
  }
}
