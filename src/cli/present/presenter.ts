import type { z } from "zod";
import type { OperationName, REGISTRY } from "#operations/registry.ts";
import type { Paint } from "./paint.ts";

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
