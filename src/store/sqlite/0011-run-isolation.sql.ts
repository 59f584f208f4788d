/** Migration 11 on SQLite: what a run's agent was kept in. */
export const RUN_ISOLATION = "alter table run add column isolation text";
