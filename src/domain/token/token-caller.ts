import type { Actor } from "#domain/actor.ts";
import type { Caller } from "#domain/caller.ts";
import { roleAuthority } from "./role-authority.ts";
import type { Role } from "./role.ts";

/** What a live token says of its bearer. */
export interface TokenGrant {
  readonly id: number;
  readonly actor: Actor;
  readonly role: Role;
  /** Ids of the only projects it reaches; absent = the whole workspace. */
  readonly projects?: readonly number[];
}

/** What a door knows of the call beside its token. */
type Bearer = Pick<Caller, "door" | "host"> & Partial<Pick<Caller, "lease" | "run">>;

/** The caller that a token makes. Actor, role and scope are the token's alone: nothing that the bearer sends changes them. */
export function tokenCaller(grant: TokenGrant, { door, host, lease, run }: Bearer): Caller {
  const { id, actor, role, projects } = grant;
  return {
    actor,
    auth: "token",
    authority: roleAuthority(role, actor),
    door,
    host,
    token: id,
    role,
    ...(lease === undefined ? {} : { lease }),
    ...(run === undefined ? {} : { run }),
    ...(projects === undefined ? {} : { projects }),
  };
}
