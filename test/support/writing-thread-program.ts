// A thread with a store of its own: adds items, then says that it is done.
import { parentPort } from "node:worker_threads";
import { z } from "zod";
import { EMPTY_SPEC } from "#domain/item/spec.ts";
import { openStore } from "#store/open-store.ts";
import { human } from "./stores.ts";

const Order = z.object({ place: z.string(), projectId: z.number(), count: z.number() });

parentPort?.once("message", (order: unknown) => {
  void work(Order.parse(order)).then((count) => parentPort?.postMessage({ count }));
});

async function work({ place, projectId, count }: z.infer<typeof Order>): Promise<number> {
  const store = await openStore({ place });
  for (let n = 0; n < count; n += 1)
    await store.items.add({ by: human(), item: { projectId, title: `Thread ${n}`, spec: EMPTY_SPEC } });
  await store.close();
  return count;
}
