import type { Actor } from "#domain/actor.ts";
import { lowerAuthority, type Authority } from "#domain/caller.ts";
import { SluiceError } from "#domain/errors.ts";
import type { Role } from "./role.ts";

/** `viewer` views, `agent` works, `operator` decides; `admin` does so too and changes settings, repairs, and gives tokens. */
const AUTHORITY = {
  viewer: "viewer",
  agent: "agent",
  operator: "human",
  admin: "human",
} as const satisfies Record<Role, Authority>;

/** Most that each kind of actor may do, whatever a token says: only a person decides. */
const MOST = { human: "human", ai: "agent", system: "viewer" } as const satisfies Record<
  Actor["kind"],
  Authority
>;

export const roleAuthority = (role: Role, actor: Actor): Authority =>
  lowerAuthority(AUTHORITY[role], MOST[actor.kind]);

/** Whether settings and repair are open to a role. A person without a token has none, and may. */
export const mayOperate = (role: Role | undefined): boolean => role === undefined || role === "admin";

/** Refuses with `invalid` a token that could decide in the name of a program, or act as the product itself. */
export function checkRole(role: Role, actor: Actor): void {
  if (actor.kind === "human" || (actor.kind === "ai" && AUTHORITY[role] !== "human")) return;
  const [field, value, accepted] =
    actor.kind === "ai"
      ? ["role", role, "viewer or agent for an ai: actor, because only a person decides"]
      : ["as", `system:${actor.name}`, "human:NAME or ai:NAME"];
  throw new SluiceError("invalid", `${field} is ${value}, accepted is ${accepted}`, {
    hint: "Give the token to human:NAME, or a lower role",
    details: { field, value, accepted },
  });
}
