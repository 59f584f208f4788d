import { chmodSync, closeSync, openSync, rmSync } from "node:fs";
import { join } from "node:path";
import type { Surroundings } from "#cli/surroundings.ts";
import { formatActor } from "#domain/actor.ts";
import type { Caller } from "#domain/caller.ts";
import { SluiceError } from "#domain/errors.ts";
import { createHttpApp } from "#http/create-http-app.ts";
import { type Credentials, DEFAULT_LIMITS } from "#http/http-interface.ts";
import type { Context } from "#operations/context.ts";
import type { Store } from "#operations/ports/store.ts";
import { recordDenial } from "#operations/record-denial.ts";
import { REGISTRY } from "#operations/registry.ts";
import type { RunInterface, ServedRun } from "#worker/worker-deps.ts";
import { wireHttp } from "#compose/serve/wire-http.ts";

/** How long what is being answered may still take when the run has ended. */
const GRACE_MS = 2_000;

/** Serves a run the workspace over a socket of its own: whoever calls there is that run, whatever the call says. */
export function runServer(
  surroundings: Surroundings,
  context: Context,
): (run: ServedRun) => Promise<RunInterface> {
  return async (run) => {
    const own = { ...context, checksAnswer: true } as const;
    const http = wireHttp(surroundings, own, { requireToken: true, hosts: [], limits: DEFAULT_LIMITS });
    const app = createHttpApp({
      ...http,
      operations: REGISTRY,
      authenticate: authenticate(context.store, callerOf(run, context.caller.host)),
      isKnown: () => Promise.resolve(true),
    });
    const socket = join(run.folder, "sluice.sock");
    const server = listen(socket, run.folder, app.fetch);
    return {
      socket,
      close: async () => {
        app.stop();
        http.drain();
        await Promise.race([server.stop(), Bun.sleep(GRACE_MS)]);
        await server.stop(true);
        await http.close();
        rmSync(socket, { force: true });
      },
    };
  };
}

function listen(
  socket: string,
  folder: string,
  answer: ReturnType<typeof createHttpApp>["fetch"],
): Bun.Server<undefined> {
  rmSync(socket, { force: true });
  // The name of a socket has 107 bytes at most, which a folder of the state easily has by itself.
  const descriptor = openSync(folder, "r");
  try {
    const server = Bun.serve({
      unix: `/proc/self/fd/${descriptor}/sluice.sock`,
      maxRequestBodySize: DEFAULT_LIMITS.bodyBytes * 2,
      development: false,
      fetch: (request, one) =>
        answer(request, { patient: () => one.timeout(request, 0), address: () => "run" }),
    });
    chmodSync(socket, 0o600);
    return server;
  } finally {
    closeSync(descriptor);
  }
}

const callerOf = ({ actor, run, leaseId, projectId }: ServedRun, host: string): Caller => ({
  actor,
  auth: "run",
  authority: "agent",
  interface: "cli",
  host,
  lease: leaseId,
  run,
  projects: [projectId],
});

/** Another name, or a token, is refused and kept; another lease is not looked at. */
function authenticate(store: Store, caller: Caller): (given: Credentials) => Promise<Caller> {
  const own = formatActor(caller.actor);
  return async ({ actor = own, token, interface: way }) => {
    if (actor === own && token === undefined) return way === "mcp" ? { ...caller, interface: way } : caller;
    const what = token === undefined ? `not of ${actor}` : "which takes no token";
    const refusal = new SluiceError("denied", `This is the interface of ${caller.run ?? "a run"}, ${what}`, {
      hint: "Omit --as, SLUICE_ACTOR and SLUICE_TOKEN",
      details: { actor, needed: own, has: actor },
    });
    await recordDenial(store, caller, "act-as", refusal);
    throw refusal;
  };
}
