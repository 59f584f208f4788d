/** Migration 8 on PostgreSQL: the function of a claim is made at opening, under a name that says what is in it. */
export const CLAIM_BY_NAME = "drop function if exists claim_ready";
