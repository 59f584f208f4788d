import { z } from "zod";
import { SluiceError } from "#domain/errors.ts";
import { defineCommandBody, type OutsideCall } from "#cli/outside-command.ts";
import { createHttpApp } from "#http/create-http-app.ts";
import { isLoopback, loopbackHosts } from "#http/guard-request.ts";
import { DEFAULT_LIMITS } from "#http/http-interface.ts";
import type { Store } from "#operations/ports/store.ts";
import { openContext } from "#compose/open-context.ts";
import { wireHttp } from "./wire-http.ts";
import { requirePerson } from "#operations/record-denial.ts";
import { tlsFiles } from "./tls-files.ts";
import { workSignals } from "#cli/interrupt.ts";

/** To PostgreSQL: beyond what its processors can do at once, more only wait there instead of here. */
const CONNECTIONS = 16;
const DEFAULT_PORT = 7350;
/** A connection on which nothing comes, a slow one included, is closed after so many seconds. */
const IDLE_S = 30;
/** How long what is being answered may still take after a stop. */
const GRACE_MS = 10_000;

/** Serves the workspace over HTTP until stopped. */
export const serveCommand = defineCommandBody({
  input: z.object({
    host: z.string().max(255).default("127.0.0.1").describe("Address to listen on"),
    port: z
      .int()
      .min(0)
      .max(65_535)
      .default(DEFAULT_PORT)
      .describe("Port to listen on; 0 chooses a free one"),
    names: z
      .array(z.string().max(255))
      .default([])
      .describe("Another host name that requests may use, such as a proxy's"),
    requireToken: z
      .boolean()
      .default(false)
      .describe("Require a token on this machine too; on any other address one is always required"),
    rate: z
      .int()
      .min(0)
      .default(DEFAULT_LIMITS.requestsPerSecond)
      .describe("Requests per second and caller, on average; 0 for no limit"),
    tlsCert: z.string().optional().describe("PEM file of a certificate: serves https"),
    tlsKey: z.string().optional().describe("PEM file of its key"),
  }),
  run: async (call, input) => {
    const { host, port, names, rate } = input;
    // Schemas of operations are made from here on, and parse every answer of a server.
    z.config({ jitless: false });
    const tls = tlsFiles(input);
    const { surroundings, globals } = call;
    const opened = await openContext(surroundings, globals, surroundings.signal, { poolSize: CONNECTIONS });
    const context = { ...opened, checksAnswer: true } as const;
    const isLocal = isLoopback(host);
    const http = wireHttp(call.surroundings, context, {
      requireToken: input.requireToken || !isLocal,
      hosts: isLocal || names.length > 0 ? [...loopbackHosts(), host, ...names] : [],
      limits: { ...DEFAULT_LIMITS, requestsPerSecond: rate },
    });
    const app = createHttpApp(http);
    try {
      await requirePerson(context, "serve", "starts a server");
      if (!isLocal) await needsToken(context.store);
      const server = listen(`${host}:${port}`, () =>
        Bun.serve({
          hostname: host,
          port,
          idleTimeout: IDLE_S,
          maxRequestBodySize: DEFAULT_LIMITS.bodyBytes * 2,
          development: false,
          reusePort: false, // two servers on one port would each answer some of the requests
          ...(tls === undefined ? {} : { tls }),
          fetch: (request, one) =>
            app.fetch(request, {
              patient: () => one.timeout(request, 0),
              address: () => one.requestIP(request)?.address ?? "",
            }),
        }),
      );
      await told(call, server.url.origin);
      await stopped(workSignals());
      app.stop();
      http.drain();
      await Promise.race([server.stop(), Bun.sleep(GRACE_MS)]);
      await server.stop(true);
      return 0;
    } finally {
      await http.close();
      await context.store.close();
    }
  },
});

async function told({ surroundings, globals }: OutsideCall, url: string): Promise<void> {
  if (globals.json) await surroundings.stdout.write(`${JSON.stringify({ url })}\n`);
  else if (!globals.quiet)
    await surroundings.stdout.write(`Serving ${url}, described at ${url}/api/v1/docs. Ctrl-C stops it.\n`);
}

/** The first signal is enough. */
const stopped = ({ drain }: { readonly drain: AbortSignal }): Promise<void> =>
  new Promise((resolve) => drain.addEventListener("abort", () => resolve(), { once: true }));

async function needsToken({ tokens }: Store): Promise<void> {
  const { items } = await tokens.list({ all: false, page: { limit: 1 } });
  if (items.length > 0) return;
  throw new SluiceError("denied", "Other machines need a token, and this workspace has none yet", {
    hint: "Make one first: sluice token create --as ai:codex --role agent",
  });
}

function listen<T>(address: string, start: () => T): T {
  try {
    return start();
  } catch (cause) {
    const message = cause instanceof Error ? cause.message : String(cause);
    const isTaken = cause instanceof Error && "code" in cause && cause.code === "EADDRINUSE";
    throw new SluiceError("unavailable", `The server could not start on ${address}: ${message}`, {
      hint: isTaken
        ? "Another program listens there: end it, or choose another port with --port"
        : "Choose an address of this machine with --host, and a port that you may open with --port",
      cause,
    });
  }
}
