/** `session_id` as the domain names it: `sessionId`. */
type Camel<S extends string> = S extends `${infer Head}_${infer Tail}`
  ? `${Head}${Capitalize<Camel<Tail>>}`
  : S;
/** `sessionId` as a column: `session_id`. */
type Snake<S extends string> = S extends `${infer Head}${infer Tail}`
  ? `${Head extends Lowercase<Head> ? Head : `_${Lowercase<Head>}`}${Snake<Tail>}`
  : S;

const camel = (column: string): string =>
  column.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());
const snake = (field: string): string => field.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);

type Words<S extends string> = S extends `${infer Head} ${infer Tail}` ? Head | Words<Tail> : S;
type Fields<R, S extends string> = { readonly [K in Words<S> & keyof R & string as Camel<K>]: R[K] };

/** Columns that the domain keeps as they are, by its own names. @param columns with a space between them */
export function fields<R extends object, S extends string>(
  row: R,
  columns: Words<S> extends keyof R ? S : never,
): Fields<R, S> {
  const read = columns.split(" ").map((column) => [camel(column), Reflect.get(row, column)] as const);
  return Object.fromEntries(read) as Fields<R, S>;
}

/** What a change names, by column; what is undefined stays as it is. */
export function columnsOf<F extends object>(
  change: F,
): { readonly [K in keyof F & string as Snake<K>]?: Exclude<F[K], undefined> } {
  const named = Object.entries(change).filter(([, value]) => value !== undefined);
  return Object.fromEntries(named.map(([field, value]) => [snake(field), value])) as ReturnType<
    typeof columnsOf<F>
  >;
}
