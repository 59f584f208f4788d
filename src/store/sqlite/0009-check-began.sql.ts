/** Migration 9 on SQLite: since when a run's check runs, and how often one ended with its worker. */
export const CHECK_BEGAN = `
alter table run add column check_began_at integer;
alter table run add column check_losses integer not null default 0;
`;
