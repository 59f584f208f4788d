import type { Actor, ActorName } from "#domain/actor.ts";
import type { Caller, Role, TokenGrant } from "#domain/caller.ts";
import type { Page, PageRequest } from "./page.ts";

/** A token as people may see it: neither its secret, which is not kept, nor the hash of it. Times are epoch milliseconds. */
export interface Token {
  readonly id: number;
  /** Who its bearer is. */
  readonly actor: ActorName;
  readonly role: Role;
  /** Aliases of the only projects it reaches; null = the whole workspace. */
  readonly projects: readonly string[] | null;
  readonly createdAt: number;
  readonly createdBy: ActorName;
  /** From this moment on it is refused; null = never. */
  readonly expiresAt: number | null;
  readonly revokedAt: number | null;
  /** Known to the minute. */
  readonly lastUsedAt: number | null;
}

export interface TokenStore {
  /**
   * The grant of a live token; undefined where none has this hash, or it expired or was revoked. Notes the use, at most once a minute.
   * @param hash sha256 of the secret, in hex
   */
  readonly find: (request: { hash: string }) => Promise<TokenGrant | undefined>;
  /**
   * @param hash sha256 of the secret, in hex; the secret itself never comes here
   * @param projectIds absent = the whole workspace
   * @param lifetimeMs until it expires; absent = never
   */
  readonly create: (request: {
    by: Caller;
    actor: Actor;
    role: Role;
    hash: string;
    projectIds?: readonly number[] | undefined;
    lifetimeMs?: number | undefined;
  }) => Promise<Token>;
  /** Newest first; without `all` those that are still accepted. */
  readonly list: (request: { all: boolean; page: PageRequest }) => Promise<Page<Token>>;
  /** From then on it is refused. A revoked one answers itself. Refuses with `not_found`. */
  readonly revoke: (request: { by: Caller; id: number }) => Promise<Token>;
}
