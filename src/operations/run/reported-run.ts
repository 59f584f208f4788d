import type { Run, RunStore } from "#operations/ports/store/run-store.ts";

/** Runs of an item that are looked at for the one under review. */
const RUNS = 50;

/** The run whose result is under review: the newest that reported one. */
export async function reportedRun(
  { runs }: { readonly runs: Pick<RunStore, "list"> },
  itemId: number,
): Promise<Run | undefined> {
  const { items } = await runs.list({ itemId, page: { limit: RUNS } });
  return items.find(({ reported }) => reported !== null);
}
