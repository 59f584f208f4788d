/** What a token lets its bearer do, lowest first; each may do what the ones before it may. */
export const ROLES = ["viewer", "agent", "operator", "admin"] as const;
export type Role = (typeof ROLES)[number];
