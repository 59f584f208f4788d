/** Migration 11 on PostgreSQL: what a run's agent was kept in. */
export const RUN_ISOLATION = "alter table run add column isolation text";
