import type { Actor } from "./actor.ts";
import type { Role } from "./token/role.ts";

/** How the caller was authenticated, kept on every event. `run` = by a run's lease; `asserted` = by saying so. */
export type AuthMethod = "token" | "tty" | "run" | "asserted";

/** What a caller may do, lowest first. An agent proposes, claims, notes, blocks and finishes; a human also decides. */
export type Authority = "viewer" | "agent" | "human" | "system";

/** Who is calling, fixed when a door is opened; no argument of a call can change it. */
export interface Caller {
  readonly actor: Actor;
  readonly auth: AuthMethod;
  readonly authority: Authority;
  /** The door: `cli`, `mcp`, `http`, `worker`, … */
  readonly door: string;
  /** Lease id that this process works under, when inside a run or given with `--lease`. */
  readonly lease?: string;
  /** The run this process belongs to, from its marker. */
  readonly run?: string;
  /** Name of this machine, kept on runs so that only the same host judges its processes. */
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
