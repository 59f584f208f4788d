import type { ActorName } from "#domain/actor.ts";
import type { AuthMethod, Caller } from "#domain/caller.ts";
import type { Page, PageRequest } from "./page.ts";

/** What somebody was refused for want of authority, each kind once with how often. Times are epoch milliseconds. */
interface Denial {
  readonly actor: ActorName;
  readonly auth: AuthMethod;
  readonly interface: string;
  /** Id of the token they came with. */
  readonly token: number | null;
  readonly operation: string;
  /** What would have been needed, and what the caller had. */
  readonly needed: string;
  readonly has: string;
  readonly times: number;
  readonly firstAt: number;
  readonly lastAt: number;
}

export interface DenialStore {
  /** Counts one. Of kinds the latest 1,000 are kept: a flood of refusals fills no disk. Texts are cut at 200 characters. */
  readonly record: (request: { by: Caller; operation: string; needed: string; has: string }) => Promise<void>;
  /** Latest first. */
  readonly list: (request: { actor?: string | undefined; page: PageRequest }) => Promise<Page<Denial>>;
}
