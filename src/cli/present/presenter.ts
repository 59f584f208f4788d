import type { z } from "zod";
import type { OperationName, REGISTRY } from "#operations/registry.ts";

/** What a presenter may know of the reader. */
export interface View {
  readonly paint: Paint;
  /** Cells per line; undefined when nobody's terminal limits it. */
  readonly width: number | undefined;
  /** Epoch milliseconds, for "3m ago". */
  readonly now: number;
}

/** What an operation answers, by its schema. */
export type Answer<N extends OperationName> = z.output<Awaited<ReturnType<(typeof REGISTRY)[N]>>["output"]>;

/** Shows one operation's answer to a person: the text, without the last line break. Empty text prints nothing. */
export type Presenter<A> = (answer: A, view: View) => string;

/** One for each operation: a field that is renamed in an answer does not compile here. */
export type Presenters = { readonly [N in OperationName]: Presenter<Answer<N>> };

/** Colours and weights; each is the identity where the reader takes none. */
export interface Paint {
  readonly bold: (text: string) => string;
  readonly dim: (text: string) => string;
  readonly red: (text: string) => string;
  readonly green: (text: string) => string;
  readonly yellow: (text: string) => string;
  readonly cyan: (text: string) => string;
}

const sgr = (on: number, off: number) => (text: string) =>
  text === "" ? text : `\u001b[${on}m${text}\u001b[${off}m`;
const plain = (text: string) => text;

const COLORS: Paint = {
  bold: sgr(1, 22),
  dim: sgr(2, 22),
  red: sgr(31, 39),
  green: sgr(32, 39),
  yellow: sgr(33, 39),
  cyan: sgr(36, 39),
};
const NO_COLORS: Paint = { bold: plain, dim: plain, red: plain, green: plain, yellow: plain, cyan: plain };

export function paint(color: boolean): Paint {
  return color ? COLORS : NO_COLORS;
}
