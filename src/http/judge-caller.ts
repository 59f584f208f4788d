import type { Caller } from "#domain/caller.ts";
import { SluiceError } from "#domain/errors.ts";
import type { Credentials, HttpDoor } from "./http-door.ts";
import { rateLimit } from "./rate-limit.ts";

/** Headers of a request, by name in small letters. */
export type HeaderValues = Readonly<Record<string, string>>;

/** Failed proofs of an address: twenty at once, then one every three seconds. */
const FAILURES_PER_SECOND = 1 / 3;
const FAILURES_BURST = 20;

/** Says who calls, and that they do not call too often. */
export function judgeCaller(
  door: Pick<HttpDoor, "authenticate" | "notLetIn" | "limits" | "clock">,
): (headers: HeaderValues, address: () => string) => Promise<Caller> {
  const { requestsPerSecond } = door.limits;
  const wait = rateLimit(requestsPerSecond, requestsPerSecond * 2, door.clock);
  const waitAfterFailure = rateLimit(FAILURES_PER_SECOND, FAILURES_BURST, door.clock);
  return async (headers, address) => {
    const given = credentialsIn(headers);
    const caller = await door.authenticate(given).catch(async (error: unknown) => {
      const waitS = waitAfterFailure(address());
      if (waitS > 0) throw tooMany(waitS);
      await door.notLetIn(error);
      throw error;
    });
    const waitS = requestsPerSecond === 0 ? 0 : wait(given.token ?? address());
    if (waitS > 0) throw tooMany(waitS);
    return caller;
  };
}

function credentialsIn(headers: HeaderValues): Credentials {
  const [, token] = /^Bearer (\S+)$/i.exec(headers["authorization"] ?? "") ?? [];
  const { "sluice-actor": actor, "sluice-lease": lease, "sluice-run": run } = headers;
  return {
    ...(token ? { token } : {}),
    ...(actor ? { actor } : {}),
    ...(lease ? { lease } : {}),
    ...(run ? { run } : {}),
  };
}

function tooMany(waitS: number): SluiceError {
  return new SluiceError("limited", "You ask too often", {
    hint: `Try again in ${Math.ceil(waitS)} s`,
    details: { retry_after_s: Math.ceil(waitS) },
  });
}
