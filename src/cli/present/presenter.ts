import type { Paint } from "./paint.ts";

/** What a presenter may know of the reader. */
export interface View {
  readonly paint: Paint;
  /** Cells per line; undefined when nobody's terminal limits it. */
  readonly width: number | undefined;
  /** Epoch milliseconds, for "3 m ago". */
  readonly now: number;
}

/** Shows one operation's answer to a person: the text, without the last line break. Empty text prints nothing. */
export type Presenter = (output: unknown, view: View) => string;
