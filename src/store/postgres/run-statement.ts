import type { Pool, QueryResultRow } from "pg";

/** Sends one statement and answers its rows. */
export type RunStatement = <R extends QueryResultRow>(
  text: string,
  values: readonly unknown[],
) => Promise<readonly R[]>;

/**
 * Statements that a connection plans once and knows by name from then on: planning one of the hot paths takes longer than running it.
 * A pooler that gives every transaction another connection may not know the name; then `prepare` is false.
 */
export function statementRunner(pool: Pool, prepare: boolean): RunStatement {
  const names = new Map<string, string>();
  const nameOf = (text: string): string => {
    const name = names.get(text) ?? `sluice_${Bun.hash(text).toString(36)}`;
    names.set(text, name);
    return name;
  };
  return async <R extends QueryResultRow>(text: string, values: readonly unknown[]) => {
    const { rows } = await pool.query<R>({
      text,
      values: [...values],
      ...(prepare ? { name: nameOf(text) } : {}),
    });
    return rows;
  };
}
