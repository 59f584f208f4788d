import { formatActor, parseActor } from "#domain/actor.ts";
import { type Caller, tokenCaller, type TokenGrant } from "#domain/caller.ts";
import { SluiceError } from "#domain/errors.ts";
import { runRef } from "#domain/ref.ts";
import { sha256 } from "#domain/text/sha256.ts";
import type { Credentials, HttpInterface } from "#http/http-interface.ts";
import type { Context } from "#operations/context.ts";
import type { Store } from "#operations/ports/store.ts";
import { recordDenial } from "#operations/record-denial.ts";

/** What acts without a token and without saying who it is. */
const NOBODY = parseActor("ai:http");

type Bearer = Pick<Caller, "interface" | "host"> & Partial<Pick<Caller, "lease" | "run">>;

/** Who a request comes from, by its token or lease alone. */
export function httpCallers(
  { store, caller: { host } }: Context,
  requireToken: boolean,
): Pick<HttpInterface, "authenticate" | "isKnown" | "notLetIn"> {
  const proofs = new WeakMap<Caller, Credentials>();

  async function byToken(token: string, actor: string | undefined, bearer: Bearer): Promise<Caller> {
    const caller = tokenCaller(await grantOf(store, token), bearer);
    if (actor === undefined || actor === formatActor(caller.actor)) return caller;
    const refusal = new SluiceError(
      "denied",
      `The token is that of ${formatActor(caller.actor)}, not of ${actor}`,
      { hint: "Omit --as, SLUICE_ACTOR and Sluice-Actor", details: { actor } },
    );
    await recordDenial(store, caller, "act-as", refusal);
    throw refusal;
  }

  async function find({ token, actor, lease, run }: Credentials): Promise<Caller> {
    const bearer = bearerOf(host, lease, run);
    if (token !== undefined) return await byToken(token, actor, bearer);
    const holder = lease === undefined ? undefined : await leaseCaller(store, lease, bearer);
    if (holder !== undefined && (actor ?? formatActor(holder.actor)) === formatActor(holder.actor))
      return holder;
    if (requireToken)
      throw unauthenticated("This server requires a token, or the lease of a run", "no token");
    return { ...unproven(actor), auth: lease === undefined ? "asserted" : "run", ...bearer };
  }

  return {
    authenticate: async (credentials) => {
      const caller = await find(credentials);
      proofs.set(caller, credentials);
      return caller;
    },
    isKnown: async (caller) => {
      const credentials = proofs.get(caller);
      if (credentials === undefined) return false;
      try {
        await find(credentials);
        return true;
      } catch (error) {
        if (error instanceof SluiceError && error.code === "denied") return false;
        throw error;
      }
    },
    notLetIn: async (error) => {
      const isUnproven = error instanceof SluiceError && error.details["unauthenticated"] === true;
      if (isUnproven) await recordDenial(store, nobody(host), "authenticate", error);
    },
  };
}

async function grantOf({ tokens }: Store, token: string): Promise<TokenGrant> {
  const grant = await tokens.find({ hash: await sha256(token) });
  if (grant !== undefined) return grant;
  throw unauthenticated("The token is unknown, expired or revoked", "another token");
}

function bearerOf(host: string, lease: string | undefined, run: string | undefined): Bearer {
  return {
    interface: "http",
    host,
    ...(lease === undefined ? {} : { lease }),
    ...(run === undefined ? {} : { run }),
  };
}

/** Whoever is nobody is kept under one name: a name that was only said would fill the list. */
const nobody = (host: string): Caller => ({
  actor: NOBODY,
  auth: "asserted",
  authority: "viewer",
  interface: "http",
  host,
});

function unproven(actor: string | undefined): Pick<Caller, "actor" | "authority"> {
  const who = actor === undefined ? NOBODY : parseActor(actor);
  if (who.kind === "ai") return { actor: who, authority: "agent" };
  throw unauthenticated(
    `Only a token proves that you are ${formatActor(who)}; without one you act as ai:NAME`,
    `the name of a ${who.kind} without a token`,
  );
}

/** A live lease of an agent proves its run: it speaks for that run, in the run's project. */
async function leaseCaller(store: Store, leaseId: string, bearer: Bearer): Promise<Caller | undefined> {
  const holder = await store.claims.holderOf({ leaseId });
  if (holder === undefined) return undefined;
  const actor = parseActor(holder.actor);
  if (actor.kind !== "ai") return undefined;
  const run = runRef(holder.runId);
  return { ...bearer, actor, auth: "run", authority: "agent", run, projects: [holder.projectId] };
}

function unauthenticated(message: string, has: string): SluiceError {
  return new SluiceError("denied", message, {
    hint: "Send one as: Authorization: Bearer slc_…, made with: sluice token create; the command line takes it from SLUICE_TOKEN",
    details: { unauthenticated: true, needed: "a live token", has },
  });
}
