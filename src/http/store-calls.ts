import { z } from "zod";
import { type Actor, parseActor } from "#domain/actor.ts";
import { AUTH_METHODS, type Authority, type Caller, lowerAuthority, mayOperate } from "#domain/caller.ts";
import { SluiceError } from "#domain/errors.ts";
import { requirePlain } from "#operations/plain-input.ts";
import type { Store } from "#operations/ports/store.ts";
import { LENT_CALLS } from "./lent-calls.ts";

/** Settings and repair take an administrator's token. */
const ADMIN: readonly string[] = ["projects.addRepo", "projects.editRepo", "projects.setSetting"];

const Speaker = z.object({
  actor: z.object({ kind: z.string(), name: z.string() }).transform(({ kind, name }) => `${kind}:${name}`),
  auth: z.enum(AUTH_METHODS),
  authority: z.enum(["viewer", "agent", "human", "system"]),
  interface: z.string().regex(/^[a-z-]{1,32}$/),
  host: z.string().max(255),
  lease: z.string().max(200).optional(),
  run: z.string().max(40).optional(),
});
const Request = z.object({ by: z.unknown().optional() }).loose();

/**
 * Answers one call of the store, `part.member`, for a client that an operator's token proves: a person at their own machine, or their
 * worker. It speaks in that person's name, an agent's, or the product's own, never another person's.
 */
export async function callStore(
  store: Store,
  caller: Caller,
  member: string,
  readRequest: () => Promise<unknown>,
): Promise<unknown> {
  if (caller.auth !== "token" || caller.authority !== "human" || caller.projects !== undefined)
    throw new SluiceError(
      "denied",
      "This runs on your machine and needs a token of the role operator for all projects",
      {
        hint: "Ask for one, made with: sluice token create --role operator",
        details: { needed: "operator", has: caller.role ?? "no token" },
      },
    );
  if (ADMIN.includes(member) && !mayOperate(caller.role))
    throw new SluiceError(
      "denied",
      `${member} needs a token of role admin, the caller has role ${caller.role}`,
      {
        hint: "Ask an administrator to do it",
        details: { needed: "admin", has: caller.role },
      },
    );
  const given = await readRequest();
  requirePlain(given, "body");
  const read = Request.safeParse(given);
  if (!read.success) throw new SluiceError("invalid", "A call of the store takes one JSON object");
  const { by } = read.data;
  const request = by === undefined ? read.data : { ...read.data, by: speaker(caller, by) };
  return await callOf(store, member)(request);
}

function callOf(store: Store, member: string): (request: object) => Promise<unknown> {
  const [part = "", name = ""] = member.split(".");
  if (member === "now") return () => store.now();
  const isLent = LENT_CALLS.has(member);
  const found: unknown = isLent ? Reflect.get(Object(Reflect.get(store, part)), name) : undefined;
  if (typeof found === "function")
    return async (request) => {
      const answer: unknown = await Reflect.apply(found, undefined, [request]);
      return answer;
    };
  throw new SluiceError("not_found", `There is no call ${member} of the store`, {
    hint: "Client and server may be of different versions: compare sluice --version",
  });
}

/** Whoever speaks for an agent speaks with an agent's rights: what a person decides bears the person's name. */
const othersAuthority = ({ kind }: Actor, said: Authority): Authority =>
  kind === "ai" ? lowerAuthority(said, "agent") : said;

function speaker(caller: Caller, given: unknown): Caller {
  const said = Speaker.safeParse(given);
  if (!said.success) throw new SluiceError("invalid", "A call of the store names its caller");
  const { actor: name, auth, authority, interface: way, host, lease, run } = said.data;
  const actor = parseActor(name);
  const isOwn = actor.kind === caller.actor.kind && actor.name === caller.actor.name;
  if (actor.kind === "human" && !isOwn)
    throw new SluiceError("denied", `The token does not belong to ${name}`, {
      hint: "Omit --as and SLUICE_ACTOR",
      details: { actor: name },
    });
  return {
    actor,
    auth: auth === "run" ? "run" : "token",
    authority: isOwn ? lowerAuthority(authority, caller.authority) : othersAuthority(actor, authority),
    interface: way,
    host,
    ...(caller.token === undefined ? {} : { token: caller.token }),
    ...(lease === undefined ? {} : { lease }),
    ...(run === undefined ? {} : { run }),
  };
}
