import { TALLY_KEY, TOTAL_KEY, totalOf, TOTALS } from "#store/tally-rows.sql.ts";
import { inSchema } from "./0005-claim.sql.ts";

const FOLD = `create or replace function fold_tally() returns trigger language plpgsql as $$ begin
  if pg_try_advisory_xact_lock(hashtextextended('SCHEMA:tally', 0)) then
    with gone as (delete from HERE.tally_change returning *),
      total as (insert into HERE.tally_total as t ${totalOf("gone")} on conflict (${TOTAL_KEY}) do update set n = t.n + excluded.n)
    insert into HERE.tally as t (${TALLY_KEY}, n) select ${TALLY_KEY}, sum(n) from gone group by ${TALLY_KEY}
      on conflict (${TALLY_KEY}) do update set n = t.n + excluded.n;
    delete from HERE.tally where n = 0;
    delete from HERE.tally_total where n = 0;
  end if;
  return null; end $$`;

/** Migration 7 on PostgreSQL: counts of all projects together. Equal in meaning to SQLite's 7. */
export const TOTAL = `
create table tally_total (what text not null, hour bigint not null, lane text not null, state text not null, phase text not null,
  q integer not null, person integer not null, n bigint not null, primary key (${TOTAL_KEY}));
${TOTALS}
${inSchema(FOLD)}
`;
