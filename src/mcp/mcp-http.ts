import type { Server } from "@modelcontextprotocol/server";
import type { Changes } from "./changes.ts";
import type { McpConnection } from "./mcp-interface.ts";

/** Sessions and streams of a caller who is known no more end. */
export interface McpHttpOptions<Caller> extends KnownCallersOptions<Caller> {
  /**
   * Makes the server of one session or, in revisions without one, of one request. It acts as this caller, whatever the client says; the
   * connection is a part of its interface.
   */
  readonly server: (caller: Caller, connection: McpConnection) => Server;
  /** What makes two callers the same. A session answers to the one who began it, and is not there for others. */
  readonly identity: (caller: Caller) => string;
  /** Where changes of resources are heard of. */
  readonly changes: Changes;
  /** Not to be guessed. */
  readonly newSessionId: () => string;
  /** Sessions at one time, of all callers. */
  readonly maxSessions: number;
  /** A session without a call and without an open stream ends after this. Its leases are renewed until then. */
  readonly idleMs: number;
  /** Told why a server could not be made or a look failed, of which the client is told nothing. */
  readonly report: (error: unknown) => void;
}

/** The protocol over HTTP at one address. Whoever mounts it has checked host, origin and caller before. */
export interface McpHttp<Caller> {
  readonly fetch: (request: Request, caller: Caller) => Promise<Response>;
  /** Ends every stream of changes. What is being answered is answered. */
  readonly drain: () => void;
  /** Ends every session, stream and call. */
  readonly close: () => Promise<void>;
}

interface KnownCallersOptions<Caller> {
  /** Whether what proved a caller still does. */
  readonly isKnown: (caller: Caller) => Promise<boolean>;
  /** Between two looks, while something is open. */
  readonly checkEveryMs: number;
  /** Told why a look failed; what is open stays open until the next. */
  readonly report: (error: unknown) => void;
}

/** Ends what is open for a caller once the caller is known no more. */
export interface KnownCallers<Caller> {
  /** @returns to be called when it ended by itself */
  readonly whileKnown: (caller: Caller, end: () => void) => () => void;
}

interface Open<Caller> {
  readonly caller: Caller;
  readonly end: () => void;
}

export function knownCallers<Caller>(options: KnownCallersOptions<Caller>): KnownCallers<Caller> {
  const all = new Set<Open<Caller>>();
  let timer: ReturnType<typeof setTimeout> | undefined;

  async function check(one: Open<Caller>): Promise<void> {
    if ((await options.isKnown(one.caller)) || !all.delete(one)) return;
    one.end();
  }

  async function look(): Promise<void> {
    await Promise.all([...all].map(check)).catch(options.report);
    timer = all.size === 0 ? undefined : next();
  }
  const next = () => setTimeout(() => void look(), options.checkEveryMs);

  return {
    whileKnown: (caller, end) => {
      const one = { caller, end };
      all.add(one);
      timer ??= next();
      return () => void all.delete(one);
    },
  };
}
