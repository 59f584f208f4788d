/** A value of a column. */
export type Value = string | number | null;
export type Columns = Readonly<Record<string, Value>>;

/** A row that belongs to an item's change. */
export interface NewRow {
  readonly table: "evidence" | "note" | "plan";
  readonly columns: Columns;
}

/** The entry of the history that tells of a change. */
export interface EventColumns {
  readonly at: number;
  readonly actor: string;
  readonly auth: string;
  readonly interface: string;
  readonly operation: string;
  readonly runId: number | null;
  readonly leaseId: string | null;
  readonly idempotencyKey: string | null;
  /** Field → [old, new] and facts, as JSON. */
  readonly changes: string;
}

/** One item's change and all that goes with it: written in one step, or nothing of it. */
export interface ItemWrite {
  readonly itemId: number;
  /** Number of the item's newest event: nothing is written where another change came between. */
  readonly eventN: number;
  /** Nothing is written unless this lease is the item's live one. */
  readonly leaseId?: string | undefined;
  /** Nothing is written unless the lease still ends then, epoch milliseconds: a heartbeat, which is no event, may have come between. */
  readonly leaseEndsAt?: number | null | undefined;
  /** Columns of the item that change; its `event_n` follows from `event`. */
  readonly columns: Columns;
  /** Columns of the run that works on the item. */
  readonly run?: Columns | undefined;
  readonly rows: readonly NewRow[];
  /** A note of which the event tells the number, as its last change. */
  readonly note?: Columns | undefined;
  /** What the end of its run adds to its project's spending of a UTC day. */
  readonly spending?: { readonly projectId: number; readonly day: number; readonly ms: number } | undefined;
  /** Absent where time alone moves an item in the queue, which is no entry of its history. */
  readonly event?: EventColumns | undefined;
  /** Where the item is ready: the draw between projects goes over these. */
  readonly queue?: { readonly class: string; readonly needs: string; readonly projectId: number } | undefined;
}

/** The values of a statement, numbered as it is put together. */
export class Values {
  readonly list: unknown[];
  readonly #mark: (n: number) => string;

  /**
   * @param mark how the database writes the place of the n-th value, from 1
   * @param first what stands before all others
   */
  constructor(mark: (n: number) => string, first: readonly unknown[] = []) {
    this.#mark = mark;
    this.list = [...first];
  }

  add(value: unknown): string {
    this.list.push(value);
    return this.#mark(this.list.length);
  }

  /** `a = $1, b = $2 …`. Names of columns are the program's own. */
  assign(columns: Columns): string {
    return Object.entries(columns)
      .map(([column, value]) => `${column} = ${this.add(value)}`)
      .join(", ");
  }
}

/** What stands before the number of the event's note in its changes; `}` stands behind it. */
export const beforeNote = ({ changes }: EventColumns): string =>
  `${changes === "{}" ? "{" : `${changes.slice(0, -1)},`}"note":`;

/** Columns of the entry itself, of values or of expressions; its payload is a row of its own. */
export const eventRow = (
  itemId: Value,
  n: Value,
  event: { readonly [C in Exclude<keyof EventColumns, "changes">]: Value },
): Columns => ({
  stream: "item",
  stream_id: itemId,
  n,
  at: event.at,
  actor: event.actor,
  auth: event.auth,
  door: event.interface,
  operation: event.operation,
  run_id: event.runId,
  lease_id: event.leaseId,
  idempotency_key: event.idempotencyKey,
});

/** A day's spending is one row, to which each end of a run adds. */
export const spendingRow = ({ projectId, day, ms }: NonNullable<ItemWrite["spending"]>): Columns => ({
  project_id: projectId,
  day,
  tokens: 0,
  usd: 0,
  ms,
});
export const ADD_SPENDING = "on conflict (project_id, day) do update set ms = spending.ms + excluded.ms";
