import { SluiceError } from "#domain/errors.ts";
import { isLoopback } from "#http/guard-request.ts";

/**
 * The address of a server as it may be shown: without a user name and password.
 * Refuses with `invalid` what is no address, and a token on a plain connection that leaves this machine.
 */
export function serverAddress(url: string, token: string | undefined): string {
  if (!URL.canParse(url))
    throw new SluiceError("invalid", "The address of the server is not one", {
      hint: "Give it as https://HOST or https://HOST:PORT",
      details: { field: "workspace" },
    });
  const address = new URL(url);
  address.username = "";
  address.password = "";
  const shown = address.href.replace(/\/+$/, "");
  const isPlain = address.protocol === "http:" && !isOwnMachine(address.hostname);
  if (token === undefined || !isPlain) return shown;
  throw new SluiceError("invalid", `A token is not sent to ${shown}: everybody on the way could read it`, {
    hint: "Use the https address of the server; without TLS of its own it stands behind a proxy that has it",
    details: { field: "workspace", value: shown, accepted: "an https address" },
  });
}

const isOwnMachine = (hostname: string): boolean =>
  isLoopback(hostname) || /^127(?:\.\d{1,3}){3}$/.test(hostname);
