/** Migration 6 on SQLite: which commit takes which back, by its own words. */
export const COMMIT_REVERT = `
create table commit_revert (repo_id integer not null, reverted text not null, sha text not null, primary key (repo_id, reverted, sha)) strict, without rowid;
`;
