import { z } from "zod";
import type { ItemDetail } from "#operations/ports/store/item-store.ts";
import type { Store } from "#operations/ports/store.ts";
import { brief, type BriefInput, DEFAULT_BRIEF_TOKENS } from "./brief.ts";
import type { RefOf } from "./item-ref.ts";

/** Runs that a brief tells of: the latest explain what was tried; older ones repeat it. */
const RUNS_IN_BRIEF = 10;
/** Below this not even the ref, the title and how to report fit. */
const MIN_BRIEF_TOKENS = 100;
const MAX_BRIEF_TOKENS = 100_000;

export const BriefBudget = z
  .int()
  .min(MIN_BRIEF_TOKENS)
  .max(MAX_BRIEF_TOKENS)
  .default(DEFAULT_BRIEF_TOKENS)
  .describe("Most tokens of the brief");

/** The brief of an item as it stands in the store, with its latest runs. */
export async function briefOf(
  store: Store,
  detail: ItemDetail,
  refOf: RefOf,
  options: Pick<BriefInput, "budgetTokens" | "ending" | "repos" | "premises">,
): Promise<string> {
  const page = await store.runs.list({ itemId: detail.item.id, page: { limit: RUNS_IN_BRIEF } });
  return brief({ detail, refOf, runs: page.items.toSorted((a, b) => b.id - a.id), ...options });
}
