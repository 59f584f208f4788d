import type { Presenter } from "./presenter.ts";
import { textIn } from "./read-json.ts";
import { safeText } from "./safe-text.ts";

/** Shows one text of the answer as it is, many lines included: a log, a diff, a brief. */
export function plainText(path: string, empty: string): Presenter {
  return (output) => safeText(textIn(output, path)).trimEnd() || empty;
}
