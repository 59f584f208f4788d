import { z } from "zod";
import { formatActor, parseActor } from "#domain/actor.ts";
import { AUTH_METHODS, type Caller, ROLES } from "#domain/caller.ts";
import { SluiceError } from "#domain/errors.ts";
import type { Globals } from "#cli/globals.ts";
import type { Surroundings } from "#cli/surroundings.ts";
import { checkoutText } from "#http/call-operation.ts";
import { type HttpClient, createHttpClient, serverAddress } from "#http/client/http-client.ts";
import { remoteCall } from "#http/client/remote-call.ts";
import type { Context } from "#operations/context.ts";
import { agentShell } from "./agent-shell.ts";
import { findCaller } from "./find-caller.ts";
import { machineParts, personChecks } from "./machine-parts.ts";
import { hostName } from "./places.ts";
import { refusingStore } from "./refusing-store.ts";

/** What an operation works with where a server keeps the workspace: this machine's files and git, the server's word for who is calling. */
export async function remoteContext(
  surroundings: Surroundings,
  globals: Globals,
  signal: AbortSignal,
  place: string,
  way: "cli" | "mcp" = "cli",
): Promise<Context> {
  const { env } = surroundings;
  const { as, actor, lease, run, project, idempotencyKey } = globals;
  const token = env["SLUICE_TOKEN"] || undefined;
  const host = hostName(env);
  // The server says how its caller is authenticated: no terminal of this machine counts there.
  const local = findCaller({ as, actor, setting: undefined, lease, run, env, isProven: () => false, host });
  const isNamed = token === undefined || as !== undefined || actor !== undefined;
  const client = createHttpClient({
    url: place,
    token,
    headers: {
      ...(isNamed ? { "Sluice-Actor": formatActor(local.actor) } : {}),
      "Sluice-Interface": way,
      ...(lease === undefined ? {} : { "Sluice-Lease": lease }),
      ...(run === undefined ? {} : { "Sluice-Run": run }),
    },
  });
  const { caller, takesHalves, protocol } = await askCaller(client, local, signal);
  if (caller.actor.kind === "human" && agentShell(env) !== undefined)
    throw new SluiceError("denied", "A process inside an agent's run cannot act as a person", {
      hint: "Give the agent a token of its own in SLUICE_TOKEN: sluice token create --as ai:NAME --role agent",
      details: { field: "SLUICE_TOKEN" },
    });
  const machine = machineParts(surroundings, host);
  const server = { client, place: serverAddress(place, token), protocol };
  const context: Context = {
    ...machine,
    caller,
    store: refusingStore(
      server.place,
      new Error("The workspace is on a server, whose store cannot be opened here"),
    ),
    remote: {
      takesHalves,
      call: (context, operation, input) => remoteCall(server, context, operation, input),
      projectHere: async ({ checkout }) => {
        const here = await checkout();
        if (here === undefined) return undefined;
        const headers = { "Sluice-Checkout": checkoutText(here) };
        return CallerAnswer.parse(await client({ method: "GET", path: "/caller", headers, signal })).project;
      },
    },
    signal,
    ...(project === undefined ? {} : { project }),
    ...(idempotencyKey === undefined ? {} : { idempotencyKey }),
  };
  return { ...context, checks: personChecks({ surroundings, globals }, context) };
}

const CallerAnswer = z.object({
  actor: z.string(),
  auth: z.enum(AUTH_METHODS),
  authority: z.enum(["viewer", "agent", "human", "system"]),
  role: z.enum(ROLES).optional(),
  scoped: z.boolean(),
  /** Absent from servers before the first version. */
  worker_protocol: z.int().default(0),
  project: z.string().optional(),
});

async function askCaller(
  client: HttpClient,
  { host, lease, run }: Caller,
  signal: AbortSignal,
): Promise<{ readonly caller: Caller; readonly takesHalves: boolean; readonly protocol: number }> {
  const answer = CallerAnswer.parse(await client({ method: "GET", path: "/caller", signal }));
  const { actor, auth, authority, role, scoped, worker_protocol: protocol } = answer;
  return {
    protocol,
    caller: {
      actor: parseActor(actor),
      auth,
      authority,
      interface: "cli",
      host,
      ...(role === undefined ? {} : { role }),
      ...(lease === undefined ? {} : { lease }),
      ...(run === undefined ? {} : { run }),
    },
    takesHalves: auth === "token" && authority === "human" && !scoped,
  };
}
