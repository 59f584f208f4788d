import type { Presenter } from "./presenter.ts";
import { listIn, numberIn, textIn, valueIn } from "./read-json.ts";
import { safeLine } from "./safe-text.ts";

/** Why an item cannot be claimed now, or how many stand before it. */
export const whyCard: Presenter = (output, { paint }) => {
  const ref = paint.bold(safeLine(textIn(output, "ref")));
  const ahead = numberIn(output, "ahead");
  if (valueIn(output, "claimable") === true) {
    const count = valueIn(output, "more_ahead") === true ? `${ahead} or more` : String(ahead);
    const place = ahead === undefined ? "" : ahead === 0 ? ": it is next" : `: ${count} before it`;
    return `${ref} ${paint.green("can be claimed")}${place}`;
  }
  const reasons = listIn(output, "reasons").map((reason) => `  - ${safeLine(textIn(reason, "text"))}`);
  const next = safeLine(textIn(output, "next_step"));
  const step = next === "" ? [] : [`  ${paint.bold("next:")} ${next}`];
  return [`${ref} ${paint.yellow("cannot be claimed now")}`, ...reasons, ...step].join("\n");
};
