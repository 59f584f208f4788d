import type { Presenter } from "./presenter.ts";
import { listIn, textIn, valueIn } from "./read-json.ts";
import { safeLine } from "./safe-text.ts";

/** A candidate that was filed, or the one that was there already, with what it may be a duplicate of. */
export const proposed: Presenter = (output, { paint }) => {
  const text = (path: string) => safeLine(textIn(output, `candidate.${path}`));
  const ref = paint.bold(text("ref"));
  const state = text("state");
  const reason = text("reason");
  const why = reason === "" ? "" : `: ${reason}`;
  const isFiled = valueIn(output, "candidate.filed") !== false;
  const head = isFiled ? `${ref} waits at the gate` : `${ref} was proposed before and is ${state}${why}`;
  const similar = listIn(output, "candidate.similar").map((one) => {
    const parts = ["ref", "title", "state"].map((key) => safeLine(textIn(one, key)));
    return `  ${paint.dim("like")} ${parts.join("  ")}`;
  });
  return [head, ...similar].join("\n");
};
