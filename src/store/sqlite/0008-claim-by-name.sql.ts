/** Migration 8 on SQLite: nothing. A claim is statements of the program here. */
export const CLAIM_BY_NAME = "select 1";
