// Claims and finishes against one workspace until told to stop, and prints how long each pair took. Arguments: place, id, deadline (epoch ms).
import { openStore } from "#store/open-store.ts";
import { storeSteps } from "./claim-loop.ts";

const [place = "", begin = "0", end = "0"] = process.argv.slice(2);
const store = await openStore({ place });
await Bun.sleep(Math.max(0, Number(begin) - Date.now()));
const { claim, finish } = storeSteps(store);
const waitsMs: number[] = [];
while (Date.now() < Number(end)) {
  const begun = performance.now();
  await finish(await claim());
  waitsMs.push(performance.now() - begun);
}
await store.close();
console.log(JSON.stringify(waitsMs));
