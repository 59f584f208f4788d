import { SluiceError } from "#domain/errors.ts";
import { type Connection, OPEN_PATHS, createRouter } from "./create-router.ts";
import { guardRequest } from "./guard-request.ts";
import type { HttpInterface } from "./http-interface.ts";
import { type HeaderValues, authenticateRequests } from "./authenticate-request.ts";
import { createMetrics } from "./metrics.ts";
import { problemResponse } from "./problem.ts";

export interface HttpApp {
  readonly fetch: (request: Request, connection: Connection) => Promise<Response>;
  /** Ends streams and waits; what is being answered is answered. */
  readonly stop: () => void;
}

/** Everything that is answered over HTTP. A request is authenticated first, then routed. */
export function createHttpApp(http: HttpInterface): HttpApp {
  const { clock } = http;
  const stopping = new AbortController();
  const metrics = createMetrics();
  const router = createRouter(http, metrics, stopping.signal);
  const authenticate = authenticateRequests(http);

  async function answer(
    request: Request,
    connection: Connection,
    routed: (route: string) => void,
  ): Promise<Response> {
    const headers: HeaderValues = request.headers.toJSON();
    guardRequest(headers, request.url, http.hosts);
    if (OPEN_PATHS.has(pathOf(request.url))) return await router(request, { connection, routed });
    const caller = await authenticate(headers, connection.address);
    return await router(request, { connection, routed, caller });
  }

  return {
    fetch: async (request, connection) => {
      const startedAt = clock();
      let route = "other";
      const routed = (one: string) => {
        route = one;
      };
      const response = await answer(request, connection, routed).catch(async (error: unknown) => {
        const shown = await http.refusal(request.signal.aborted ? leftBy(error) : error);
        metrics.refused(shown.code);
        return refused(shown);
      });
      for (const [name, value] of SAFE_HEADERS) response.headers.set(name, value);
      metrics.answered({ method: request.method, route, status: response.status, ms: clock() - startedAt });
      return response;
    },
    stop: () => stopping.abort(),
  };
}

/** What a client left in the middle of breaks off, which is not a bug. */
function leftBy(error: unknown): unknown {
  if (error instanceof SluiceError) return error;
  return new SluiceError("unavailable", "The client left before it was answered", { cause: error });
}

function refused(error: SluiceError): Response {
  const isUnknown = error.code === "denied" && error.details["unauthenticated"] === true;
  return problemResponse(
    error,
    isUnknown ? { status: 401, headers: { "WWW-Authenticate": 'Bearer realm="sluice"' } } : {},
  );
}

/** Without the origin and the query. */
function pathOf(url: string): string {
  const from = url.indexOf("/", url.indexOf("//") + 2);
  const query = url.indexOf("?", from);
  return from < 0 ? "/" : url.slice(from, query < 0 ? undefined : query);
}

/** Nothing of an answer is another site's to show, keep or run. */
const SAFE_HEADERS: readonly (readonly [string, string])[] = [
  ["X-Content-Type-Options", "nosniff"],
  ["X-Frame-Options", "DENY"],
  ["Referrer-Policy", "no-referrer"],
  ["Cross-Origin-Resource-Policy", "same-origin"],
  ["Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'"],
];
