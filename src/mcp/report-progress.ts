import type { ServerContext } from "@modelcontextprotocol/server";

/**
 * Runs a call and, where the client asked for it, tells it how the work goes: each line of the work, and that it is alive every
 * `everyMs`, so that a client which gives silent calls up goes on waiting.
 */
export async function reportProgress<T>(
  { mcpReq }: ServerContext,
  everyMs: number,
  work: (progress: (line: string) => void) => Promise<T>,
): Promise<T> {
  const progressToken = mcpReq._meta?.progressToken;
  if (progressToken === undefined) return await work(() => {});
  let progress = 0;
  const tell = (message: string) => {
    progress += 1;
    const params = { progressToken, progress, message };
    // A client that has gone away hears nothing; its call is ended by the signal.
    mcpReq.notify({ method: "notifications/progress", params }).catch(() => {});
  };
  const timer = setInterval(() => tell("Still at it"), everyMs);
  try {
    return await work(tell);
  } finally {
    clearInterval(timer);
  }
}
