import type { Caller } from "#domain/caller.ts";
import { SluiceError } from "#domain/errors.ts";
import { runRef } from "#domain/ref.ts";
import type { Store } from "#operations/ports/store.ts";
import type { Context } from "#operations/context.ts";
import type { Globals } from "#cli/globals.ts";
import type { Surroundings } from "#cli/surroundings.ts";
import { openStore, type OpenStoreOptions } from "#store/open-store.ts";
import { recordDenial } from "#operations/record-denial.ts";
import { agentShell } from "./agent-shell.ts";
import { runAround } from "./ancestors.ts";
import { findCaller, isProven, type CallerRequest } from "./find-caller.ts";
import { findWorkspace, isServer, type WorkspaceRequest } from "./find-workspace.ts";
import { machineParts, personChecks } from "./machine-parts.ts";
import { hostName } from "./places.ts";

/** Opens the workspace that a command line means, and makes what its operation works with. */
export async function openContext(
  surroundings: Surroundings,
  globals: Globals,
  signal: AbortSignal,
  {
    isOptional = false,
    ...options
  }: Pick<OpenStoreOptions, "poolSize"> & { readonly isOptional?: boolean } = {},
): Promise<Context> {
  const { env, cwd } = surroundings;
  const request = { workspace: globals.workspace, profile: globals.profile, cwd, env };
  const place = isOptional ? foundWorkspace(request) : findWorkspace(request);
  if (place instanceof SluiceError) return await withoutWorkspace(surroundings, globals, signal, place);
  if (isServer(place)) {
    const { remoteContext } = await import("./remote-context.ts");
    return await remoteContext(surroundings, globals, signal, place);
  }
  const store = await openStore({ place, ...options });
  try {
    return await contextOf(surroundings, globals, signal, store);
  } catch (error) {
    await store.close();
    throw error;
  }
}

function foundWorkspace(request: WorkspaceRequest): string | SluiceError {
  try {
    return findWorkspace(request);
  } catch (error) {
    if (error instanceof SluiceError) return error;
    throw error;
  }
}

/** What an operation works with where there is no workspace: its store refuses each call with what finding one refused with. */
async function withoutWorkspace(
  surroundings: Surroundings,
  { as, actor, lease, run }: Globals,
  signal: AbortSignal,
  reason: SluiceError,
): Promise<Context> {
  const { refusingStore } = await import("./refusing-store.ts");
  const { env } = surroundings;
  const host = hostName(env);
  return {
    ...machineParts(surroundings, host),
    caller: findCaller({
      as,
      actor,
      setting: undefined,
      lease,
      run,
      env,
      isProven: () => isProven(surroundings),
      host,
    }),
    store: refusingStore("nowhere", reason),
    signal,
  };
}

/** As if the caller had taken no mark of its run out of its environment. */
async function withRunAround(store: Store, request: CallerRequest): Promise<CallerRequest> {
  if (agentShell(request.env) !== undefined) return request;
  const around = await runAround(store);
  if (around === undefined) return request;
  const run = runRef(around.id);
  const env = { ...request.env, SLUICE_RUN: run };
  return { ...request, env, run: request.run ?? run, actor: request.actor ?? around.holder };
}

/** A name that its shell may not take is refused, and the attempt is kept under the name that it has. */
async function callerFor(store: Store, given: CallerRequest): Promise<Caller> {
  const request = await withRunAround(store, given);
  try {
    return findCaller(request);
  } catch (error) {
    const own = findCaller({ ...request, as: undefined, actor: undefined, setting: undefined });
    await recordDenial(store, own, "as", error);
    throw error;
  }
}

export async function contextOf(
  surroundings: Surroundings,
  globals: Globals,
  signal: AbortSignal,
  store: Store,
): Promise<Context> {
  const { env } = surroundings;
  const { as, actor, lease, run, project, idempotencyKey } = globals;
  const isNamed = as !== undefined || actor !== undefined;
  const setting = isNamed ? undefined : (await store.projects.settings()).actor;
  const host = hostName(env);
  const request = { as, actor, setting, lease, run, env, isProven: () => isProven(surroundings), host };
  const machine = machineParts(surroundings, host);
  const context: Context = {
    ...machine,
    caller: await callerFor(store, request),
    store,
    signal,
    ...(project === undefined ? {} : { project }),
    ...(idempotencyKey === undefined ? {} : { idempotencyKey }),
  };
  return { ...context, checks: personChecks({ surroundings, globals }, context) };
}
