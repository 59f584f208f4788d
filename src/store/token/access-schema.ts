import type { Generated } from "kysely";
import type { AuthMethod, Role } from "#domain/caller.ts";

/** Who may come in from outside: tokens, by the hash of their secret. */
export interface TokenTable {
  id: Generated<number>;
  actor: string;
  role: Role;
  /** JSON list of project ids; null = the whole workspace. */
  projects: string | null;
  /** sha256 of the secret, in hex. */
  hash: string;
  created_at: number;
  created_by: string;
  expires_at: number | null;
  revoked_at: number | null;
  last_used_at: number | null;
  event_n: Generated<number>;
}

/** What was refused for want of authority, each kind once. */
export interface DenialTable {
  id: Generated<number>;
  actor: string;
  auth: AuthMethod;
  /** The interface that the call came through; the column keeps its first name. */
  door: string;
  token_id: number | null;
  operation: string;
  needed: string;
  has: string;
  times: number;
  first_at: number;
  last_at: number;
}
