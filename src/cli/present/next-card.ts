import type { Presenter } from "./presenter.ts";
import { itemCard } from "./card.ts";
import { record } from "./record.ts";
import { valueIn } from "./read-json.ts";

const showItem = itemCard();

/** The item that a claim would take, or why there is none. */
export const nextCard: Presenter = (output, view) => {
  const item = valueIn(output, "item");
  if (item !== undefined && item !== null)
    return `${showItem(output, view)}\n\n${view.paint.dim("Take it with: sluice claim")}`;
  const why = record(valueIn(output, "why"), view);
  return `Nothing is ready.${why === "" ? "" : `\n${why}`}\n${view.paint.dim("sluice gate list and sluice item list show what waits for a person")}`;
};
