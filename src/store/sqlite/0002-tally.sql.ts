import {
  CANDIDATE_ADDED,
  CANDIDATE_MOVED,
  CANDIDATE_MOVES,
  FOLD_EVERY,
  INDEXES,
  ITEM_ADDED,
  ITEM_MOVED,
  ITEM_MOVES,
  RECOUNTED,
  TALLIED,
  TALLY_KEY,
} from "#store/tally-rows.sql.ts";

const COLUMNS = `what text not null, hour integer not null, project_id integer not null, lane text not null, state text not null, phase text not null,
  q integer not null, person integer not null, class text not null, kind text not null, needs text not null, n integer not null`;

/** A lane as an entry of the history tells it: the one it was left for, or where it was added. */
const LANE_ENTERED =
  "case when json_type(y.changes, '$.lane') = 'array' then y.changes ->> '$.lane[1]' else y.changes ->> '$.lane' end";

const laneRows = (what: "entered" | "left", lane: string, condition: string): string =>
  `select '${what}', e.at / 3600000, 0, ${lane}, '', '', 0, 0, '', '', '', 1 from event e join event_payload y on y.event_id = e.id join item i on i.id = e.stream_id
    where e.stream = 'item' and y.redacted_at is null and ${condition}`;

/** Migration 2 on SQLite: what stands where and what came and went, counted as it is written. Equal in meaning to PostgreSQL's 2. */
export const TALLY = `
create table tally (${COLUMNS}, primary key (${TALLY_KEY})) strict, without rowid;
create index tally_none on tally(n) where n = 0;
create table tally_change (id integer primary key, ${COLUMNS}) strict;
${TALLIED}
${RECOUNTED}
insert into tally select * from recounted;
insert into tally_change (${TALLY_KEY}, n)
  ${laneRows("entered", LANE_ENTERED, "json_type(y.changes, '$.lane') in ('text', 'array')")}
  union all ${laneRows("left", "y.changes ->> '$.lane[0]'", "json_type(y.changes, '$.lane') = 'array'")}
  union all ${laneRows("left", "i.lane", "json_type(y.changes, '$.closed_at') = 'array' and json_type(y.changes, '$.closed_at[1]') <> 'null'")};
create trigger tally_fold after insert on tally_change when new.id % ${FOLD_EVERY} = 0 begin
  insert into tally (${TALLY_KEY}, n) select ${TALLY_KEY}, sum(n) from tally_change where true group by ${TALLY_KEY}
    on conflict (${TALLY_KEY}) do update set n = n + excluded.n;
  delete from tally_change;
  delete from tally where n = 0;
end;
create trigger item_added after insert on item begin insert into tally_change ${ITEM_ADDED}; end;
create trigger item_moved after update on item when ${ITEM_MOVES} begin insert into tally_change ${ITEM_MOVED}; end;
create trigger candidate_added after insert on candidate begin insert into tally_change ${CANDIDATE_ADDED}; end;
create trigger candidate_moved after update on candidate when ${CANDIDATE_MOVES} begin insert into tally_change ${CANDIDATE_MOVED}; end;
${INDEXES}`;
