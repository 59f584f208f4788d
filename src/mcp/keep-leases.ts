import { SluiceError } from "#domain/errors.ts";
import type { McpInterface } from "./mcp-interface.ts";

/**
 * Renews the leases of a connection for as long as it is open: an agent that thinks or builds for long makes no call meanwhile. Once the
 * connection is closed they end by time. Each is renewed whenever a quarter of its time has passed.
 * @returns stops it
 */
export function keepLeases(mcp: McpInterface, folders: () => Promise<readonly string[]>): () => void {
  const { leases, keepEveryMs } = mcp;
  if (leases === undefined || keepEveryMs === undefined) return () => {};
  const closing = new AbortController();
  const renew = async (lease: string) => {
    const operation = await mcp.operations["heartbeat"]?.();
    if (operation === undefined) return;
    const around = { folders: await folders(), signal: closing.signal, progress: () => {} };
    try {
      await mcp.invoke({ ...around, operation, input: {}, lease, idempotencyKey: undefined });
    } catch (error) {
      // Whoever took it is told at the next call; a database that is busy is asked again.
      if (error instanceof SluiceError && error.code === "lease_lost") leases.lose(lease);
    }
  };
  let waitedMs: ReadonlyMap<string, number> = new Map();
  const timer = setInterval(() => {
    const waits = leases.held().map(({ id, ttlMs }) => {
      const ms = (waitedMs.get(id) ?? 0) + keepEveryMs;
      const isDue = ms >= ttlMs / 4;
      if (isDue) void renew(id);
      return [id, isDue ? 0 : ms] as const;
    });
    waitedMs = new Map(waits);
  }, keepEveryMs);
  return () => {
    clearInterval(timer);
    closing.abort();
  };
}
