import { statSync } from "node:fs";
import { isAbsolute } from "node:path";
import { agentShell } from "#compose/agent-shell.ts";
import { besideCode, findWorkspace, isServer } from "#compose/find-workspace.ts";
import type { OutsideCall } from "#cli/outside-command.ts";
import type { McpCall } from "#mcp/mcp-interface.ts";
import { formatActor, parseActor } from "#domain/actor.ts";
import { SluiceError } from "#domain/errors.ts";
import type { Context } from "#operations/context.ts";
import type { Store } from "#operations/ports/store.ts";
import { projectHere } from "#operations/project/project-of.ts";
import { loadOnce } from "#store/lazy-part.ts";

/** What an unnamed client acts as: never a person, whoever started it. */
const UNNAMED = "ai:mcp";

/** Loaded by the first call: a client waits for its handshake, which needs none of it. */
const storeCode = loadOnce(async () => await import("#store/open-store.ts"));
const localCode = loadOnce(async () => await import("#compose/open-context.ts"));
const remoteCode = loadOnce(async () => await import("#compose/remote-context.ts"));

interface McpSession {
  /** What a call works with: the workspace and the project around the client's folder, and the caller fixed at the start. */
  readonly context: (call: McpCall) => Promise<Context>;
  readonly close: () => Promise<void>;
}

/** Keeps the workspaces that one connection has used open until it ends. */
export function mcpSession({ surroundings, globals }: OutsideCall): McpSession {
  const { env, cwd } = surroundings;
  const { idempotencyKey: _key, actor: _actor, ...kept } = globals;
  for (const name of [globals.as, globals.actor]) if (name !== undefined) parseActor(name);
  const as = globals.as ?? agentName(globals.actor) ?? (agentShell(env) === undefined ? UNNAMED : undefined);
  const stores = new Map<string, Promise<Store>>();
  const projects = new Map<string, string>();

  function store(place: string): Promise<Store> {
    const key = identityOf(place);
    const open = stores.get(key) ?? opened(place);
    stores.set(key, open);
    // One that could not be opened may be there at the next call.
    open.catch(() => stores.delete(key));
    return open;
  }

  async function projectAt(context: Context, folder: string): Promise<{ readonly project?: string }> {
    if (context.project !== undefined) return {};
    const key = `${context.store.place}\0${folder}`;
    const project = projects.get(key) ?? (await projectAround(context));
    if (project === undefined) return {};
    projects.set(key, project);
    return { project };
  }

  return {
    context: async ({ folders, lease, idempotencyKey, signal, progress }) => {
      const folder = folders.find((one) => besideCode(one) !== undefined) ?? folders[0] ?? cwd;
      const { workspace, profile } = globals;
      const place = findWorkspace({ workspace, profile, cwd: folder, env });
      const around = { ...surroundings, cwd: folder, isAttended: () => false };
      const named = isServer(place) && env["SLUICE_TOKEN"] ? globals.as : as;
      const own = {
        ...kept,
        ...(named === undefined ? {} : { as: named }),
        ...(lease === undefined ? {} : { lease }),
      };
      const context = isServer(place)
        ? noPerson(await (await remoteCode()).remoteContext(around, own, signal, place, "mcp"), globals.as)
        : await (await localCode()).contextOf(around, own, signal, await store(place));
      return {
        ...context,
        ...(await projectAt(context, folder)),
        ...(idempotencyKey === undefined ? {} : { idempotencyKey }),
        progress,
        caller: { ...context.caller, interface: "mcp" },
      };
    },
    close: async () => {
      for (const open of stores.values()) await (await open).close();
    },
  };
}

const opened = async (place: string): Promise<Store> => await (await storeCode()).openStore({ place });

/** A file that was removed and made anew is another workspace: what went into the former one would be lost. */
function identityOf(place: string): string {
  const file = isAbsolute(place) ? statSync(place, { throwIfNoEntry: false }) : undefined;
  return file === undefined ? place : `${place}\0${file.dev}:${file.ino}`;
}

/** A person's own token is inherited by every agent they start, and makes none of them that person. */
function noPerson(context: Context, as: string | undefined): Context {
  const { actor } = context.caller;
  if (actor.kind !== "human" || as === formatActor(actor)) return context;
  throw new SluiceError(
    "denied",
    `SLUICE_TOKEN is the token of ${formatActor(actor)}, and an agent is not that person`,
    {
      hint: "Give the agent a token of its own: sluice token create --as ai:NAME --role agent",
      details: { field: "SLUICE_TOKEN" },
    },
  );
}

/** A person's own `SLUICE_ACTOR` is inherited by every agent they start, and makes none of them that person. */
const agentName = (actor: string | undefined): string | undefined =>
  actor?.startsWith("ai:") === true ? actor : undefined;

/** A workspace of one project needs no repository to know which. */
async function projectAround(context: Context): Promise<string | undefined> {
  if (context.remote !== undefined) return await context.remote.projectHere(context);
  const all = await context.store.projects.list({});
  if (all.length < 2) return undefined;
  const id = await projectHere(context);
  return all.find((project) => project.id === id)?.alias;
}
