import { formatActor } from "#domain/actor.ts";
import type { Caller } from "#domain/caller.ts";
import { SluiceError } from "#domain/errors.ts";
import { MIN_LEASE_MS } from "#domain/claim/lease-change.ts";
import type { Surroundings } from "#cli/surroundings.ts";
import type { HttpInterface } from "#http/http-interface.ts";
import { createMcpHttp } from "#mcp/create-mcp-http.ts";
import { createMcpServer } from "#mcp/create-mcp-server.ts";
import type { McpConnection, McpInterface } from "#mcp/mcp-interface.ts";
import { sharedChanges } from "#mcp/changes.ts";
import type { McpHttp } from "#mcp/mcp-http.ts";
import type { Context } from "#operations/context.ts";
import { invoke } from "#operations/invoke.ts";
import { REGISTRY } from "#operations/registry.ts";

const PROGRESS_EVERY_MS = 10_000;
const WATCH_EVERY_MS = 1_000;
/** How long a stream may outlive its token; a renewal of a lease and a call ask at once. */
const CHECK_EVERY_MS = 1_000;
const MAX_SESSIONS = 1_000;
/** Long enough for a model that thinks, short enough that what a lost client held is free within minutes. */
const IDLE_MS = 5 * 60_000;

/** The protocol of agents over HTTP, for an open workspace. Who calls is decided by each request's token, never by the client. */
export function wireMcp(
  { version }: Pick<Surroundings, "version">,
  context: Context,
  { refusal, isKnown }: Pick<HttpInterface, "refusal" | "isKnown">,
): McpHttp<Caller> {
  const { idempotencyKey: _key, ...base } = context;
  const stopping = new AbortController();
  const interfaceOf = (caller: Caller, connection: McpConnection): McpInterface => ({
    ...connection,
    version,
    toolset: "agent",
    operations: REGISTRY,
    keepEveryMs: MIN_LEASE_MS / 4,
    progressEveryMs: PROGRESS_EVERY_MS,
    invoke: async ({ operation, input, lease, idempotencyKey, signal, progress }) => {
      if (!(await isKnown(caller))) throw unknown();
      return await invoke(
        {
          ...base,
          ...(idempotencyKey === undefined ? {} : { idempotencyKey }),
          caller: { ...caller, interface: "mcp", ...(lease === undefined ? {} : { lease }) },
          checkout: () => Promise.resolve(undefined),
          signal: AbortSignal.any([signal, stopping.signal]),
          progress,
        },
        operation,
        input,
      );
    },
    refusal,
  });
  const http = createMcpHttp<Caller>({
    server: (caller, connection) => createMcpServer(interfaceOf(caller, connection)),
    identity: ({ actor, token, lease }) => `${formatActor(actor)} ${token ?? lease ?? ""}`,
    isKnown,
    checkEveryMs: CHECK_EVERY_MS,
    changes: sharedChanges({
      // The history is all that is read to hear of changes.
      run: async (_log, input) => await invoke(base, await REGISTRY.log(), input),
      everyMs: WATCH_EVERY_MS,
    }),
    newSessionId: () => crypto.randomUUID(),
    maxSessions: MAX_SESSIONS,
    idleMs: IDLE_MS,
    report: (error) => void refusal(error),
  });
  return {
    ...http,
    drain: () => {
      stopping.abort();
      http.drain();
    },
  };
}

function unknown(): SluiceError {
  return new SluiceError("denied", "Your token or lease is no longer valid", {
    hint: "The token was revoked or expired, or the lease of the run ended: start again with another",
    details: { needed: "a live token", has: "one that has ended" },
  });
}
