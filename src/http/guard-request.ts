import { SluiceError } from "#domain/errors.ts";
import type { HeaderValues } from "./authenticate-request.ts";

const LOOPBACK = new Set(["localhost", "127.0.0.1", "[::1]"]);

/**
 * Refuses what a web page made a browser send: a request under a foreign host name (DNS rebinding), and one that another site's page
 * started (CSRF). Programs that are not browsers send neither header.
 * @param hosts names this server may be asked under; empty for any
 */
export function guardRequest(headers: HeaderValues, url: string, hosts: readonly string[]): void {
  const asked = headers["host"] ?? hostOf(url);
  if (asked === undefined || asked === "")
    throw new SluiceError("invalid", "The request has no Host header", {
      hint: "Send the header Host, as HTTP/1.1 requires",
      details: { field: "Host" },
    });
  const name = hostName(asked);
  if (hosts.length > 0 && !hosts.includes(name))
    throw refused(`This server does not answer under the name ${name}`, { host: name });
  const { origin, "sec-fetch-site": site } = headers;
  if (origin !== undefined && origin !== "null" && hostOf(origin) === asked) return;
  if (origin !== undefined) throw refused(`Pages of ${origin} may not use this server`, { origin });
  if (site === "cross-site" || site === "same-site")
    throw refused("A page of another site may not use this server", { site });
}

/** Names of a server that only this machine can reach. */
export const loopbackHosts = (): readonly string[] => [...LOOPBACK];

export const isLoopback = (host: string): boolean => LOOPBACK.has(host) || host === "::1";

function refused(message: string, details: Readonly<Record<string, string>>): SluiceError {
  return new SluiceError("denied", message, {
    hint: "Use its own name, from a program or one of its own pages",
    details,
  });
}

function hostOf(url: string): string | undefined {
  return URL.canParse(url) ? new URL(url).host : undefined;
}

/** Without the port; an IPv6 address keeps its brackets. */
function hostName(host: string): string {
  return host.replace(/:\d+$/, "").toLowerCase();
}
