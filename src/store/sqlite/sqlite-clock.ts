/**
 * The time as an expression: epoch milliseconds, never earlier than the last event, so that a wall clock that is set back cannot bring
 * an ended lease to life.
 */
export const sqliteClock = (offsetMs: number): string =>
  `max(cast(unixepoch('subsec') * 1000 as integer) + ${offsetMs}, coalesce((select at from event order by id desc limit 1), 0))`;
