import type { View } from "./presenter.ts";
import { cutCells, cells } from "./fit.ts";
import { textIn } from "./read-json.ts";
import { safeLine } from "./safe-text.ts";

/** `OB-12 Title  lane`, for lists inside boards. Fits one line of the terminal. */
export function itemLine(item: unknown, view: View): string {
  const ref = safeLine(textIn(item, "ref"));
  const place = safeLine(textIn(item, "lane") || textIn(item, "state"));
  const room = (view.width ?? Number.POSITIVE_INFINITY) - cells(ref) - cells(place) - 6;
  const title = cutCells(safeLine(textIn(item, "title")), room);
  return [view.paint.bold(ref), title, view.paint.dim(place)].filter((part) => part !== "").join("  ");
}
