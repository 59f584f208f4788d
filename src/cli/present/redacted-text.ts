import type { Presenter } from "./presenter.ts";
import { numberIn, valueIn } from "./read-json.ts";

/** Where a text was, or would be, taken out. */
export const redactedText: Presenter = (output) => {
  const count = (path: string) => numberIn(output, path) ?? 0;
  if (count("entries") + count("texts") === 0) return "It stands nowhere.";
  const where = `${count("entries")} entries of the history, ${count("archived")} of them archived, and ${count("texts")} other texts`;
  return valueIn(output, "dry_run") === true
    ? `It stands in ${where}. Nothing was changed.`
    : `Taken out of ${where}. Backups, run logs and git keep what they have: replace a secret that has leaked.`;
};
