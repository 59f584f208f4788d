import type { Presenter } from "./presenter.ts";
import { itemCard } from "./card.ts";
import { textIn } from "./read-json.ts";
import { relativeTime } from "./relative-time.ts";
import { safeLine } from "./safe-text.ts";

const showItem = itemCard();

/** The item, and the lease to give back with `finish`, `block` or `release`. */
export const claimCard: Presenter = (output, view) => {
  const lease = safeLine(textIn(output, "lease.id"));
  const ends = relativeTime(textIn(output, "lease.expires_at"), view.now);
  const run = safeLine(textIn(output, "run.ref"));
  return [
    showItem(output, view),
    "",
    `Lease ${view.paint.bold(lease)}${ends === "" ? "" : `, ends ${ends}`}${run === "" ? "" : `, run ${run}`}`,
    view.paint.dim(`Then: sluice note, sluice finish ${lease}, or sluice block ${lease} --note "why"`),
  ].join("\n");
};
