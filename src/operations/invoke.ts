import { formatActor } from "#domain/actor.ts";
import { type Authority, mayOperate } from "#domain/caller.ts";
import { SluiceError } from "#domain/errors.ts";
import type { Context } from "./context.ts";
import { givenOf, requirePlain, valueOf } from "./plain-input.ts";
import { runOnce } from "./run-once.ts";
import { recordDenial } from "./record-denial.ts";
import { needsWorkspace } from "./scope/scope.ts";
import type { AnyOperation, RequiredAuthority } from "./operation.ts";
import { article, provenHere } from "./unproven-person.ts";

/** Least authority of a caller for what an operation requires. Settings and repair are a human's too, and with a token an admin's. */
const LEAST = {
  view: "viewer",
  work: "agent",
  decide: "human",
  operate: "human",
} as const satisfies Record<RequiredAuthority, Authority>;

const ORDER: readonly Authority[] = ["viewer", "agent", "human", "system"];

/**
 * Runs an operation: the only way in for every interface. Refuses with `invalid` (a field, its value, what is accepted) and `denied`
 * (what would be needed) before anything happens, keeps who was denied what, and checks the answer where the context asks for it. Where
 * a server keeps the workspace it does all of this there.
 * @param rawInput as a client gave it, or a `ReadInput` of this operation's schema
 */
export async function invoke(given: Context, operation: AnyOperation, rawInput: unknown): Promise<unknown> {
  const { remote } = given;
  if (remote !== undefined && !runsHere(given, operation))
    return await remote.call(given, operation, givenOf(rawInput));
  try {
    return await allowed(await scoped(given), operation, rawInput);
  } catch (error) {
    await recordDenial(given.store, given.caller, operation.name, error);
    throw error;
  }
}

/** Whether an operation on a server's workspace runs at the caller's own place. */
function runsHere({ remote, idempotencyKey }: Context, { place }: AnyOperation): boolean {
  if (remote?.takesHalves !== true) return false;
  return place === "caller" || (place === "either" && idempotencyKey === undefined);
}

async function allowed(given: Context, operation: AnyOperation, rawInput: unknown): Promise<unknown> {
  const context = await authorised(given, operation);
  const { project, idempotencyKey, caller } = context;
  requirePlain({ project, once: idempotencyKey, lease: caller.lease }, "input");
  // The registry erased the schema's type; `run` is tied to this very schema by `defineOperation`.
  const input = valueOf(operation.input, rawInput) as never;
  const run = (own: Context) => answerOf(own, operation, input);
  if (context.idempotencyKey === undefined || operation.effect === "read") return await run(context);
  return await runOnce(context, context.idempotencyKey, {
    operation: operation.name,
    shownOnce: operation.shownOnce ?? [],
    input,
    run,
  });
}

/** What lies outside of a caller's projects is not there for any operation. */
async function scoped(context: Context): Promise<Context> {
  const { projects } = context.caller;
  if (projects === undefined) return context;
  const { scopedStore } = await import("./scope/scoped-store.ts");
  return { ...context, store: scopedStore(context.store, projects) };
}

async function answerOf(context: Context, operation: AnyOperation, input: never): Promise<unknown> {
  const answer = await operation.run(context, input);
  if (context.checksAnswer !== true) return answer;
  const parsed = operation.output.safeParse(answer);
  if (parsed.success) return parsed.data;
  throw new SluiceError("internal", `${operation.name} gave an answer that its schema refuses`, {
    cause: parsed.error,
  });
}

/** Refuses who may not, and answers the context with its caller as far as it was proven. */
async function authorised(context: Context, operation: AnyOperation): Promise<Context> {
  const { caller } = context;
  const needed = LEAST[operation.authority];
  if (ORDER.indexOf(caller.authority) < ORDER.indexOf(needed))
    throw denied(operation, caller.authority, `the authority of a ${needed}`);
  if (operation.reach === "workspace" && caller.projects !== undefined) throw needsWorkspace(operation.name);
  if (operation.authority === "operate" && !mayOperate(caller.role))
    throw denied(operation, `token of role ${caller.role}`, "a token of role admin", NEEDS_ADMIN);
  if (needed !== "human") return context;
  return await provenHere(context, (proof, has) => denied(operation, has, proof));
}

const NEEDS_PERSON = "Ask a person to do it, or file what you want with: sluice propose -t TITLE";
const NEEDS_ADMIN = "Ask an administrator to do it, or for a token: sluice token create --role admin";

function denied(operation: AnyOperation, has: string, needed: string, hint = NEEDS_PERSON): SluiceError {
  return new SluiceError("denied", `${operation.name} needs ${needed}, the caller is ${article(has)}`, {
    hint,
    details: { operation: operation.name, needed, has },
  });
}

/** The caller as it is stored, for what an operation itself writes down. */
export const callerName = (context: Context): string => formatActor(context.caller.actor);
