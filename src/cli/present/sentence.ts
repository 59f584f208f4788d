import { wrapCells, safeLine } from "./fit.ts";
import type { Presenter, View } from "./presenter.ts";
import { relativeTime } from "#cli/duration.ts";

/** A text that is finished when the reader is known. */
export type Words = (view: View) => string;

/** Words with values in them. A text of others is made safe, `undefined` and `""` add nothing. */
export function words(
  texts: TemplateStringsArray,
  ...values: readonly (string | number | Words | undefined)[]
): Words {
  return (view) => texts.map((text, at) => (at === 0 ? text : shown(values[at - 1], view) + text)).join("");
}

function shown(value: string | number | Words | undefined, view: View): string {
  if (typeof value === "function") return value(view);
  return value === undefined ? "" : safeLine(String(value));
}

export const ref =
  (text: string): Words =>
  ({ paint }) =>
    paint.bold(safeLine(text));

/** A time as its distance from now. */
export const time =
  (iso: string): Words =>
  ({ now }) =>
    safeLine(relativeTime(iso, now));

/** Shows an answer in one sentence. */
export function sentence<A>(write: (answer: A) => Words): Presenter<A> {
  return prose((answer, view) => write(answer)(view));
}

/** Shows an answer as running text, broken at the reader's width. */
export function prose<A>(present: Presenter<A>): Presenter<A> {
  return (answer, view) => {
    const text = present(answer, view);
    return view.width === undefined ? text : wrapCells(text, view.width);
  };
}
