/** Migration 9 on PostgreSQL: since when a run's check runs, and how often one ended with its worker. */
export const CHECK_BEGAN = `
alter table run add column check_began_at bigint;
alter table run add column check_losses bigint not null default 0;
`;
