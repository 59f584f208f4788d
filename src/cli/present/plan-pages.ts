import type { Presenter } from "./presenter.ts";
import { listIn, textIn } from "./read-json.ts";
import { relativeTime } from "./relative-time.ts";
import { safeLine, safeText } from "./safe-text.ts";

/** Every version of a plan in full, in the order of the answer. */
export const planPages: Presenter = (output, { paint, now }) => {
  const plans = listIn(output, "plans");
  if (plans.length === 0) return "No plan yet. Set one with: sluice plan set REF --file F";
  return plans
    .map((plan) => {
      const by = `${safeLine(textIn(plan, "actor"))}, ${relativeTime(textIn(plan, "at"), now)}`;
      const head = `${paint.bold(`Version ${safeLine(textIn(plan, "version"))}`)}  ${paint.dim(by)}`;
      return `${head}\n${safeText(textIn(plan, "body")).trimEnd()}`;
    })
    .join("\n\n");
};
