import { z } from "zod";
import type { WorkerDeps } from "./worker-deps.ts";
import type { Launcher, ProcessIdentity } from "#operations/ports/launcher.ts";

const Identity = z.object({ pid: z.int().positive(), startTime: z.number(), bootId: z.string() });

/** The form in which a process is kept on a run. */
export function formatIdentity(identity: ProcessIdentity): string {
  return JSON.stringify(identity);
}

/** The worker as its workspace knows it. */
export const workerFacts = ({
  host,
  workerId: id,
  identity,
}: Pick<WorkerDeps, "host" | "workerId" | "identity">) => ({
  host,
  worker: { id, identity: formatIdentity(identity) },
});

/** Undefined for what this version did not write. */
export function parseIdentity(text: string | null): ProcessIdentity | undefined {
  if (text === null) return undefined;
  try {
    return Identity.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
}

/** Whether the process that a run names is known to be gone. A run without one, or with one that cannot be read, counts as alive. */
export function isKnownDead(launcher: Launcher, text: string | null): boolean {
  const identity = parseIdentity(text);
  return identity !== undefined && !launcher.isAlive(identity);
}
