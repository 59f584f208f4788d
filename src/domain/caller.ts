import { type Actor, formatActor } from "./actor.ts";
import { SluiceError } from "./errors.ts";

/**
 * How the caller was authenticated, kept on every event. `confirmed` = at a terminal, by the workspace's proof; `run` = by a run's lease;
 * `asserted` = by saying so.
 */
export const AUTH_METHODS = ["token", "confirmed", "tty", "run", "asserted"] as const;
export type AuthMethod = (typeof AUTH_METHODS)[number];

/** What a caller may do, lowest first. An agent proposes, claims, notes, blocks and finishes; a human also decides. */
export type Authority = "viewer" | "agent" | "human" | "system";

/** Who is calling, fixed when an interface is opened; no argument of a call can change it. */
export interface Caller {
  readonly actor: Actor;
  readonly auth: AuthMethod;
  readonly authority: Authority;
  /** The interface: `cli`, `mcp`, `http`, `worker`, … */
  readonly interface: string;
  /** Lease id that this process works under, when inside a run or given with `--lease`. */
  readonly lease?: string;
  /** The run this process belongs to, from its marker. */
  readonly run?: string;
  /** Name of this machine, kept on runs so that only the same host checks its processes. */
  readonly host: string;
  /** Id of the token that it came with; absent for whoever came without. */
  readonly token?: number;
  /** Role of that token. */
  readonly role?: Role;
  /** Ids of the only projects that exist for it; absent = all. */
  readonly projects?: readonly number[];
}

/** `--as` and a run's marker may lower authority, never raise it. */
export function lowerAuthority(a: Authority, b: Authority): Authority {
  const order: readonly Authority[] = ["viewer", "agent", "human", "system"];
  return order.indexOf(a) <= order.indexOf(b) ? a : b;
}

/** Refuses with `denied` whoever is not a person (or the product acting for a rule that a person wrote). */
export function requireHuman(by: Caller, what: string): void {
  if (by.authority === "human" || by.authority === "system") return;
  throw new SluiceError("denied", `${formatActor(by.actor)} may not ${what}: only a person may`, {
    hint: "Ask a person, or file it for the gate with: sluice propose",
    details: { actor: formatActor(by.actor), authority: by.authority, needed: "human" },
  });
}

/** What a token lets its bearer do, lowest first; each may do what the ones before it may. */
export const ROLES = ["viewer", "agent", "operator", "admin"] as const;
export type Role = (typeof ROLES)[number];

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
  throw new SluiceError("invalid", `${field} is ${value}, expected ${accepted}`, {
    hint: "Give the token to human:NAME, or a lower role",
    details: { field, value, accepted },
  });
}

/** What a live token says of its bearer. */
export interface TokenGrant {
  readonly id: number;
  readonly actor: Actor;
  readonly role: Role;
  /** Ids of the only projects it reaches; absent = the whole workspace. */
  readonly projects?: readonly number[];
}

/** What an interface knows of the call beside its token. */
type Bearer = Pick<Caller, "interface" | "host"> & Partial<Pick<Caller, "lease" | "run">>;

/** The caller that a token makes. Actor, role and scope are the token's alone: nothing that the bearer sends changes them. */
export function tokenCaller(grant: TokenGrant, { interface: way, host, lease, run }: Bearer): Caller {
  const { id, actor, role, projects } = grant;
  return {
    actor,
    auth: "token",
    authority: roleAuthority(role, actor),
    interface: way,
    host,
    token: id,
    role,
    ...(lease === undefined ? {} : { lease }),
    ...(run === undefined ? {} : { run }),
    ...(projects === undefined ? {} : { projects }),
  };
}
