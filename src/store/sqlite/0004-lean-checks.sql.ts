/** Migration 4 on SQLite: nothing. It states PostgreSQL's checks of an item in another way, and SQLite's cost nothing to speak of. */
export const LEAN_CHECKS = "select 1";
