/** Migration 10 on PostgreSQL: who looks at what while people go through what waits for them. */
export const SWEEP = `
create table sweep_hold (kind text not null, id bigint not null, session text not null, expires_at bigint not null, primary key (kind, id));
create index sweep_hold_session on sweep_hold(session);
`;
