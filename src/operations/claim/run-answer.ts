import { z } from "zod";
import { itemView, ItemView } from "#operations/item/item-view.ts";
import { refWriter } from "#operations/item/item-ref.ts";
import type { ItemDetail } from "#operations/ports/store/item-store.ts";
import type { Run } from "#operations/ports/store/run-store.ts";
import type { Store } from "#operations/ports/store.ts";
import { runView, RunView } from "#operations/run/run-view.ts";

/** The answer of every call that ends a run: the item as it stands now, and the run. */
export const RunAnswer = z.object({ item: ItemView, run: RunView });

export async function runAnswer(
  store: Store,
  { detail, run }: { detail: ItemDetail; run: Run },
): Promise<z.input<typeof RunAnswer>> {
  const refOf = await refWriter(store);
  return { item: itemView(detail, refOf), run: runView(run, refOf) };
}
