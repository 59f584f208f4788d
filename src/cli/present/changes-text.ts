import { objectIn, textIn, valueIn } from "./read-json.ts";

/** What an event changed, in one line: `state: open → done, lane: triage`. */
export function changesText(event: unknown): string {
  return Object.entries(objectIn(valueIn(event, "changes")))
    .map(([field, change]) => `${field}: ${changeText(change)}`)
    .join(", ");
}

/** Two values are the old and the new one. */
function changeText(change: unknown): string {
  if (!Array.isArray(change) || change.length !== 2) return textIn(change, "") || "none";
  return change.map((value) => textIn(value, "") || "none").join(" → ");
}
