/**
 * What migration 2 counts, in the words that both databases share. Released with it: never changed, a later migration states its own.
 *
 * `standing`: items that are not closed, by where they stand. `untouched`: open and blocked items by the UTC day of their last change.
 * `pending`: candidates at the gate. `added`, `claimed`: items and runs of a project in an hour. `entered`, `left`: a lane in an hour.
 */
const KEY = [
  "what",
  "hour",
  "project_id",
  "lane",
  "state",
  "phase",
  "q",
  "person",
  "class",
  "kind",
  "needs",
] as const;

/** What rows of the tally are told apart by. `hour` counts from the epoch; 0 where a row is about now. */
export const TALLY_KEY = KEY.join(", ");

/** An expression of each column of `TALLY_KEY`, of a row that the triggers or the view look at. */
type Key = readonly string[];

const HOUR_MS = 3_600_000;
const hourOf = (time: string): string => `${time} / ${HOUR_MS}`;
/** The hour in which the UTC day of a time begins. */
const dayOf = (time: string): string => `${time} / ${24 * HOUR_MS} * 24`;

/** Nothing but a person lets it go on: a block that waits for nothing, or a review that a worker left. */
const isLeftToPerson = (i: string): string => `case when (${i}.state = 'blocked' and ${i}.open_blockers = 0)
    or (${i}.state = 'review' and ${i}.lease_id is null and ${i}.phase in ('verify', 'land') and ${i}.not_before is not null) then 1 else 0 end`;

const ifReady = (i: string, column: string): string => `case when ${i}.q = 1 then ${i}.${column} else '' end`;

/** Where an item stands. */
const standing = (i: string): Key => [
  "'standing'",
  "0",
  `${i}.project_id`,
  `${i}.lane`,
  `${i}.state`,
  `coalesce(${i}.phase, '')`,
  `coalesce(${i}.q, 0)`,
  isLeftToPerson(i),
  ...["class", "kind", "needs"].map((column) => ifReady(i, column)),
];

const bare = (what: string, hour: string, project: string, lane: string): Key => [
  `'${what}'`,
  hour,
  project,
  lane,
  "''",
  "''",
  "0",
  "0",
  "''",
  "''",
  "''",
];
const untouched = (i: string): Key => bare("untouched", dayOf(`${i}.updated_at`), `${i}.project_id`, "''");
const pending = (c: string): Key => bare("pending", "0", `${c}.project_id`, "''");
const added = (i: string): Key => bare("added", hourOf(`${i}.created_at`), `${i}.project_id`, "''");
const claimed = (time: string, project: string): Key => bare("claimed", hourOf(time), project, "''");
const laneMove = (what: "entered" | "left", time: string, lane: string): Key =>
  bare(what, hourOf(time), "0", lane);

const isStanding = (i: string): string => `${i}.closed_at is null`;
const isTouchable = (i: string): string => `${i}.state in ('open', 'blocked')`;
const isPending = (c: string): string => `${c}.state = 'pending'`;

interface Row {
  readonly key: Key;
  readonly n: 1 | -1;
  readonly condition: string;
}

/** One row of the tally where `condition` holds. */
const row = (key: Key, n: 1 | -1, condition: string): string =>
  `select ${key.join(", ")}, ${n} where ${condition}`;
const rows = (...all: readonly string[]): string => `(${TALLY_KEY}, n) ${all.join("\n    union all ")}`;

const differs = (one: readonly string[], other: readonly string[]): string =>
  `(${one.join(", ")}) is distinct from (${other.join(", ")})`;

/** What is added for a new item: columns and rows, as `insert into tally_change` takes them. */
export const ITEM_ADDED = rows(
  row(standing("new"), 1, isStanding("new")),
  row(untouched("new"), 1, isTouchable("new")),
  row(added("new"), 1, "true"),
  row(laneMove("entered", "new.created_at", "new.lane"), 1, "true"),
);

const CHANGED = ["state", "lane", "phase", "q", "open_blockers", "not_before", "class", "kind", "needs"];
const DAY_CHANGED = differs([dayOf("old.updated_at")], [dayOf("new.updated_at")]);
const columnsOf = (i: string): readonly string[] => CHANGED.map((column) => `${i}.${column}`);

/** Whether a change of an item is one of its place in the tally. */
export const ITEM_MOVES = `${differs([...columnsOf("old"), "old.lease_run_id"], [...columnsOf("new"), "new.lease_run_id"])} or ${DAY_CHANGED}`;

const STANDS_ELSEWHERE = differs(
  [...columnsOf("old"), "old.lease_id"],
  [...columnsOf("new"), "new.lease_id"],
);
const TOUCHED = `(${DAY_CHANGED} or (${isTouchable("old")}) <> (${isTouchable("new")}))`;

/** The rows that a changed item may add, each where its condition holds. */
export const ITEM_MOVED_ROWS: readonly Row[] = [
  { key: standing("old"), n: -1, condition: `${isStanding("old")} and ${STANDS_ELSEWHERE}` },
  { key: standing("new"), n: 1, condition: `${isStanding("new")} and ${STANDS_ELSEWHERE}` },
  { key: untouched("old"), n: -1, condition: `${isTouchable("old")} and ${TOUCHED}` },
  { key: untouched("new"), n: 1, condition: `${isTouchable("new")} and ${TOUCHED}` },
  {
    key: claimed("new.lease_acquired_at", "new.project_id"),
    n: 1,
    condition:
      "new.state = 'open' and new.lease_id is not null and new.lease_run_id is distinct from old.lease_run_id",
  },
  { key: laneMove("left", "new.updated_at", "old.lane"), n: 1, condition: "new.lane <> old.lane" },
  { key: laneMove("entered", "new.updated_at", "new.lane"), n: 1, condition: "new.lane <> old.lane" },
  {
    key: laneMove("left", "new.updated_at", "new.lane"),
    n: 1,
    condition: "old.closed_at is null and new.closed_at is not null",
  },
];

/** What is added for a changed item. */
export const ITEM_MOVED = rows(...ITEM_MOVED_ROWS.map(({ key, n, condition }) => row(key, n, condition)));

/** What is added for a new candidate, and for a changed one. */
export const CANDIDATE_ADDED = rows(row(pending("new"), 1, isPending("new")));
export const CANDIDATE_MOVES = "old.state <> new.state";
export const CANDIDATE_MOVED = rows(
  row(pending("old"), -1, isPending("old")),
  row(pending("new"), 1, isPending("new")),
);

const counted = (key: Key, from: string): string =>
  `select ${key.map((column, at) => `${column} as ${KEY[at] ?? ""}`).join(", ")}, 1 as n from ${from}`;

/** The tally as the rows of items, runs and candidates say. What lanes saw is known of the history alone. */
export const RECOUNTED = `create view recounted as select ${TALLY_KEY}, cast(sum(n) as bigint) as n from (
  ${[
    counted(standing("i"), `item i where ${isStanding("i")}`),
    counted(untouched("i"), `item i where ${isTouchable("i")}`),
    counted(added("i"), "item i"),
    counted(claimed("r.started_at", "i.project_id"), "run r join item i on i.id = r.item_id"),
    counted(pending("c"), `candidate c where ${isPending("c")}`),
  ].join("\n  union all ")}) x group by ${TALLY_KEY};`;

/** The merged rows and those that came since: what they say together is the sum of `n` by `TALLY_KEY`. */
export const TALLIED = `create view tallied as select ${TALLY_KEY}, n from tally union all select ${TALLY_KEY}, n from tally_change;`;

/** Each so many changes are merged by whoever wrote the last of them. A reader sums up this many at most, and some more where callers are many. */
export const FOLD_EVERY = 1_024;

/** What people wait for, oldest first, and what waits for a time, each by its project: no look at them grows with the backlog. */
export const INDEXES = `
drop index item_review;
drop index item_live;
create index item_review on item(phase, project_id, updated_at) where state = 'review';
create index item_left on item(project_id, updated_at) where state = 'review' and lease_id is null and phase in ('verify', 'land') and not_before is not null;
create index item_stuck on item(project_id, updated_at) where state = 'blocked' and open_blockers = 0;
create index item_person on item(lane, project_id, created_at) where state = 'open' and q is null;
create index item_question on item(lane, project_id, answer_by) where state = 'open' and q is null and answer_by is not null;
create index item_waiting on item(project_id, ready_at) where q = 1;
create index item_live on item(project_id, wake_at) where q = 3;
create index item_later on item(project_id, wake_at) where wake_at is not null and lease_id is null;
create index candidate_state on candidate(state, id);
create index candidate_gate on candidate(state, project_id, id);
create index spending_day on spending(day);
`;

/** What all projects together are counted by: where items and candidates stand. */
export const TOTAL_KEY = "what, hour, lane, state, phase, q, person";
export const IN_TOTAL = "what in ('standing', 'untouched', 'pending')";

/** The sum of rows of all projects, as `insert into tally_total` takes it. */
export const totalOf = (rows: string): string =>
  `(${TOTAL_KEY}, n) select ${TOTAL_KEY}, sum(n) from ${rows} where ${IN_TOTAL} group by ${TOTAL_KEY}`;

/**
 * What migration 7 adds to the counts: those of all projects together, so that nobody sums a row of each project and lane, and indexes by
 * which the oldest of a lane, its questions that are late and the gate's first page are found at once.
 */
export const TOTALS = `
create index tally_total_none on tally_total(n) where n = 0;
insert into tally_total ${totalOf("tally")} having sum(n) <> 0;
create view tallied_total as select ${TOTAL_KEY}, n from tally_total union all select ${TOTAL_KEY}, n from tally_change where ${IN_TOTAL};
create index tally_ready on tally(class, project_id, needs, kind, n) where what = 'standing' and hour = 0 and q = 1;
create index item_person_first on item(lane, created_at) where state = 'open' and q is null;
drop index item_question;
create index item_question on item(lane, answer_by, project_id) where state = 'open' and q is null and answer_by is not null;
`;
