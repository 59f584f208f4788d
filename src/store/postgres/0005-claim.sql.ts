import { ITEM_MOVED_ROWS, TALLY_KEY } from "#store/tally-rows.sql.ts";

/** Makes functions that find their tables by the schema they were made in: a caller's search path may name any. */
export const inSchema = (text: string): string =>
  `do $do$ begin execute replace(replace($f$ ${text} $f$, 'HERE', quote_ident(current_schema())), 'SCHEMA', current_schema()); end $do$;`;

const moved = ITEM_MOVED_ROWS.map(
  ({ key, n, condition }) =>
    `if ${condition} then insert into HERE.tally_change (${TALLY_KEY}, n) values (${key.join(", ")}, ${n}); end if;`,
);

/**
 * Migration 5 on PostgreSQL: the trigger that counts without the parts that the server reads anew for each statement, which were a third of
 * what an update of an item cost. It made the function of a claim too, which migration 8 drops.
 */
export const CLAIM = `
drop trigger item_moved on item;
${inSchema(`create or replace function tally_item_moved() returns trigger language plpgsql as $$ begin ${moved.join("\n  ")} return null; end $$`)}
create trigger item_moved after update on item for each row execute function tally_item_moved();
`;
