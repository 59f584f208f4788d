import { z } from "zod";
import { openStore } from "#store/open-store.ts";
import { human } from "#test/stores.ts";

/** Writes notes on an item for as long as it lives; says so after the first. */
const { place, id } = z.object({ place: z.string(), id: z.int() }).parse(JSON.parse(process.argv[2] ?? ""));
const store = await openStore({ place });
for (let count = 1; ; count += 1) {
  await store.items.note({ by: human(), id, body: `Note ${count}` });
  if (count === 1) console.log("writing");
}
