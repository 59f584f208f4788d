/** Migration 5 on SQLite: nothing. A claim is statements of one transaction here, between which there is no round trip. */
export const CLAIM = "select 1";
