/** Migration 10 on SQLite: who looks at what while people go through what waits for them. */
export const SWEEP = `
create table sweep_hold (kind text not null, id integer not null, session text not null, expires_at integer not null, primary key (kind, id)) strict, without rowid;
create index sweep_hold_session on sweep_hold(session);
`;
