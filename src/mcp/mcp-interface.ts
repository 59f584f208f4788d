import type { SluiceError } from "#domain/errors.ts";
import type { AnyOperation } from "#operations/operation.ts";
import type { Changes } from "./changes.ts";
import type { SessionLeases } from "./session-leases.ts";
import type { Operations, ToolsetName } from "./toolset.ts";

/** One call of a tool, on its way to its operation. */
export interface McpCall {
  readonly operation: AnyOperation;
  /** Unchecked. */
  readonly input: unknown;
  /** Folders the client says it works in, absolute; empty where it names none. */
  readonly folders: readonly string[];
  /** Lease that the call names, or that its session holds; the caller's own where absent. */
  readonly lease: string | undefined;
  /** Makes the call happen once, however often it comes. */
  readonly idempotencyKey: string | undefined;
  /** Aborted when the client cancels the call or goes away. */
  readonly signal: AbortSignal;
  /** For the context's `progress`. */
  readonly progress: (line: string) => void;
}

/** What a server of the protocol is made with. It knows no store and no process: stdio and HTTP each give their own. */
export interface McpInterface extends McpConnection {
  readonly version: string;
  readonly toolset: ToolsetName;
  readonly operations: Operations;
  /** Runs an operation as the caller that was fixed when the interface was opened. */
  readonly invoke: (call: McpCall) => Promise<unknown>;
  /** The refusal to show for whatever was thrown; a bug is logged and becomes `internal`. */
  readonly refusal: (error: unknown) => Promise<SluiceError>;
  /** Looks this often which leases of the connection are to be renewed, while it is open: a quarter of the shortest there may be. */
  readonly keepEveryMs?: number;
  /** Says that a long call is alive, this often. */
  readonly progressEveryMs: number;
}

/** What the way a server is reached decides of it. */
export interface McpConnection {
  /** Absent where no connection outlives a call: every call then names its lease. */
  readonly leases?: SessionLeases;
  /** How changes of what a client subscribed to are told; absent where they are not. */
  readonly watch?: McpWatch;
  /** Whether the client works on this machine, and is asked for its folders. */
  readonly sharesFolders: boolean;
}

/** The server looks itself, this often; or it hears of changes; or whoever carries its messages tells them. */
export type McpWatch =
  | { readonly by: "looking"; readonly everyMs: number }
  | { readonly by: "hearing"; readonly changes: Changes }
  | { readonly by: "carrier"; readonly asks?: (mayHear: MayHear) => void };

/** Whether the caller may hear of an address: what it cannot read it is not told of. */
export type MayHear = (uri: string) => Promise<boolean>;
