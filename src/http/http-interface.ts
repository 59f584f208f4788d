import type { Caller } from "#domain/caller.ts";
import type { SluiceError } from "#domain/errors.ts";
import type { Checkout } from "#operations/context.ts";
import type { AnyOperation } from "#operations/operation.ts";
import type { EventFeed } from "./event-feed.ts";

/** Who a request says it comes from, unchecked. */
export interface Credentials {
  /** From `Authorization: Bearer`. */
  readonly token?: string;
  /** From `Sluice-Actor`: who acts, where no token says it. */
  readonly actor?: string;
  /** From `Sluice-Lease`. */
  readonly lease?: string;
  /** From `Sluice-Run`. */
  readonly run?: string;
  /** From `Sluice-Interface`: the interface that a program in a run's box was called by. */
  readonly interface?: string;
}

/** One call of an operation. */
interface HttpCall {
  readonly caller: Caller;
  readonly operation: AnyOperation;
  /** Unchecked. */
  readonly input: unknown;
  /** From `Sluice-Project`. */
  readonly project?: string;
  /** From `Sluice-Checkout`: the clone that the caller stands in, on its own machine. */
  readonly checkout?: Checkout;
  /** From `Idempotency-Key`. */
  readonly idempotencyKey?: string;
  /** Aborted when the client goes away, the time is over or the server stops. */
  readonly signal: AbortSignal;
}

/** What the HTTP interface is made with. It knows no store and no process. */
export interface HttpInterface {
  readonly version: string;
  readonly operations: Readonly<Record<string, () => Promise<AnyOperation>>>;
  /** Refuses with `denied` where a token is unknown or needed. */
  readonly authenticate: (credentials: Credentials) => Promise<Caller>;
  /** Whether what proved a caller that `authenticate` answered still does: a token may be revoked or expire, a lease end. */
  readonly isKnown: (caller: Caller) => Promise<boolean>;
  /** Keeps that somebody was not let in, where the reason is that nothing proved who they are. Never fails. */
  readonly notLetIn: (error: unknown) => Promise<void>;
  readonly invoke: (call: HttpCall) => Promise<unknown>;
  /** Alias of the project that a clone belongs to, where there are several. */
  readonly projectAt: (caller: Caller, checkout: Checkout) => Promise<string | undefined>;
  readonly feed: EventFeed;
  /** Speaks the Model Context Protocol. */
  readonly mcp: (request: Request, caller: Caller) => Promise<Response>;
  /** The refusal to show for whatever was thrown; a bug is logged and becomes `internal`. */
  readonly refusal: (error: unknown) => Promise<SluiceError>;
  /** Resolves when the workspace answers; refuses with `unavailable`. */
  readonly ready: () => Promise<void>;
  readonly limits: HttpLimits;
  /** Names under which this server may be asked, without a port. Empty: any name, as a public server behind tokens has. */
  readonly hosts: readonly string[];
  /** Monotonic, milliseconds. */
  readonly clock: () => number;
}

export interface HttpLimits {
  /** Requests per second and caller that are served in the long run; twice as many in a burst. 0: no limit. */
  readonly requestsPerSecond: number;
  /** Largest body, bytes. */
  readonly bodyBytes: number;
  /** After which a call is given up, milliseconds; `wait` and streams have their own. */
  readonly callMs: number;
  /** Streams of changes at a time. */
  readonly streams: number;
}

/** An item's text may have 1 MiB, which JSON may write six times as long. */
export const DEFAULT_LIMITS: HttpLimits = {
  requestsPerSecond: 200,
  bodyBytes: 8 * 1_048_576,
  callMs: 30_000,
  streams: 1_000,
};
