import type { Presenter, View } from "./presenter.ts";
import { textIn } from "./read-json.ts";
import { relativeTime } from "./relative-time.ts";
import { safeLine } from "./safe-text.ts";

const SLOT = /\{([a-z_.]+)(?::(ref|time))?\}/g;

/**
 * One line made of a pattern: `{item.ref:ref} moved to {item.lane}`. `:ref` is bold, `:time` relative to now. A slot whose
 * value is absent becomes empty, so a pattern only names what the operation always answers.
 */
export function sentence(pattern: string): Presenter {
  return (output, view) =>
    pattern.replace(SLOT, (_, path: string, as?: string) => slot(textIn(output, path), as, view));
}

function slot(text: string, as: string | undefined, view: View): string {
  if (as === "time") return relativeTime(text, view.now);
  return as === "ref" ? view.paint.bold(safeLine(text)) : safeLine(text);
}
