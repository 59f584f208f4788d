import { FOLD_EVERY, TALLY_KEY, TOTAL_KEY, totalOf, TOTALS } from "#store/tally-rows.sql.ts";

/** Migration 7 on SQLite: counts of all projects together. Equal in meaning to PostgreSQL's 7. */
export const TOTAL = `
create table tally_total (what text not null, hour integer not null, lane text not null, state text not null, phase text not null,
  q integer not null, person integer not null, n integer not null, primary key (${TOTAL_KEY})) strict, without rowid;
${TOTALS}
drop trigger tally_fold;
create trigger tally_fold after insert on tally_change when new.id % ${FOLD_EVERY} = 0 begin
  insert into tally (${TALLY_KEY}, n) select ${TALLY_KEY}, sum(n) from tally_change where true group by ${TALLY_KEY}
    on conflict (${TALLY_KEY}) do update set n = n + excluded.n;
  insert into tally_total ${totalOf("tally_change")} on conflict (${TOTAL_KEY}) do update set n = n + excluded.n;
  delete from tally_change;
  delete from tally where n = 0;
  delete from tally_total where n = 0;
end;
`;
