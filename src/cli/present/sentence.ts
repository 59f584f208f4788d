import type { Presenter, View } from "./presenter.ts";
import { textIn } from "./read-json.ts";
import { relativeTime } from "./relative-time.ts";
import { safeLine } from "./safe-text.ts";

const SLOT = /\{([a-z_.]+)(?::(ref|time))?\}/g;
const OPTIONAL = /\[([^\]]*)\]/g;

/**
 * One line made of a pattern: `{item.ref:ref} moved to {item.lane}[, held by {item.lease.holder}]`. `:ref` is bold, `:time`
 * relative to now. A part in brackets is left out when one of its slots is absent; a slot elsewhere becomes empty.
 */
export function sentence(pattern: string): Presenter {
  return (output, view) => {
    const chosen = pattern.replace(OPTIONAL, (_, part: string) => (isFilled(part, output) ? part : ""));
    return chosen.replace(SLOT, (_, path: string, as?: string) => slot(textIn(output, path), as, view));
  };
}

function isFilled(part: string, output: unknown): boolean {
  return [...part.matchAll(SLOT)].every(([, path = ""]) => textIn(output, path) !== "");
}

function slot(text: string, as: string | undefined, view: View): string {
  if (as === "time") return relativeTime(text, view.now);
  return as === "ref" ? view.paint.bold(safeLine(text)) : safeLine(text);
}
