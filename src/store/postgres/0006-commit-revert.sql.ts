/** Migration 6 on PostgreSQL: which commit takes which back, by its own words. */
export const COMMIT_REVERT = `
create table commit_revert (repo_id bigint not null, reverted text not null, sha text not null, primary key (repo_id, reverted, sha));
`;
