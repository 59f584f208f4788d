import { existsSync } from "node:fs";
import { homedir } from "node:os";
import { isAbsolute, join, relative } from "node:path";
import { z } from "zod";
import { SluiceError } from "#domain/errors.ts";
import { confirm } from "#cli/confirm.ts";
import { defineCommandBody, type OutsideCall } from "#cli/outside-command.ts";
import { safeLine } from "#cli/present/fit.ts";
import {
  AGENT_CLIENTS,
  CLIENT_SETUPS,
  type AgentClient,
  type SetupScope,
} from "#formats/agent-setup/agent-client.ts";
import { fileDiff } from "#formats/agent-setup/file-diff.ts";
import { planSetup, type SetupPlan } from "#formats/agent-setup/plan-setup.ts";
import { findProgram } from "#runners/detect-runner.ts";
import { localPerson, provenPerson } from "#compose/find-caller.ts";
import { becomeStrict, STRICT_BEGINS } from "#operations/unproven-person.ts";
import { mainWorktree, namedPlace } from "#compose/find-workspace.ts";
import { readSettings, writeChange, INSTRUCTIONS, SKILLS } from "./setup-files.ts";

type Env = Readonly<Record<string, string | undefined>>;

/** Makes agent programs know the backlog: an entry for the server, the skills, and a section of instructions. */
export const setupCommand = defineCommandBody({
  input: z.object({
    agents: z
      .array(z.enum([...AGENT_CLIENTS, "all"]))
      .min(1)
      .describe("Which agent programs; all is those found here"),
    user: z.boolean().default(false).describe("Set up your own settings instead of this repository's"),
    project: z
      .boolean()
      .default(false)
      .describe("Set up this repository, for all who work on it: the default"),
    dryRun: z.boolean().default(false).describe("Show what would change, and change nothing"),
    remove: z.boolean().default(false).describe("Remove what an earlier setup wrote"),
    yes: z.boolean().default(false).describe("Do not ask for confirmation"),
  }),
  positional: ["agents"],
  run: async (call, { agents, user, project, dryRun, remove, yes }) => {
    const { surroundings, globals } = call;
    const { env, cwd, stdout, stderr } = surroundings;
    const allow = user && !dryRun ? provenPerson : localPerson;
    await allow(call, "setup", "sets up agents");
    if (user && project)
      throw new SluiceError("invalid", "--user and --project cannot be combined", {
        details: { field: "--project", accepted: "no --user beside it" },
      });
    const scope: SetupScope = user ? "user" : "project";
    const root = user ? (env["HOME"] ?? homedir()) : (mainWorktree(cwd) ?? cwd);
    const clients = agents.includes("all")
      ? clientsHere(env, root)
      : AGENT_CLIENTS.filter((one) => agents.includes(one));
    const plan = planSetup({
      clients,
      scope,
      remove,
      server: { command: "sluice", args: serverArgs(globals.workspace, cwd) },
      instructions: INSTRUCTIONS,
      skills: SKILLS,
      read: (path) => readSettings(placeOf(path, root, scope, env), user ? undefined : root),
    });
    const placed = placedIn(plan, (path) => placeOf(path, root, scope, env));
    if (!globals.json) await stdout.write(planText(placed, root));
    if (!dryRun && placed.changes.length > 0) {
      const what = `sluice ${surroundings.argv.join(" ")}`;
      if (!yes) await confirm(surroundings, globals.json, what, whyConfirm(placed, root, remove));
      if (!remove && (await guardAuthority(call)) && !globals.quiet) await stderr.write(`${STRICT_BEGINS}\n`);
      for (const change of placed.changes) writeChange(change, root);
    }
    if (globals.json) await stdout.write(`${JSON.stringify(answerOf(placed, scope, dryRun))}\n`);
    else if (!globals.quiet) await stderr.write(`${lastLine(placed, dryRun, remove)}\n`);
    return 0;
  },
});

/** The clients whose program or settings are on this machine. */
function clientsHere(env: Env, root: string): readonly AgentClient[] {
  const home = env["HOME"] ?? homedir();
  const found = AGENT_CLIENTS.filter(
    (client) =>
      findProgram(CLIENT_SETUPS[client].program, env["PATH"] ?? "", root) !== undefined ||
      existsSync(placeOf(CLIENT_SETUPS[client].user.settings, home, "user", env)),
  );
  if (found.length > 0) return found;
  throw new SluiceError("not_found", "None of the agent programs that Sluice knows is on this machine", {
    hint: `Name one: ${AGENT_CLIENTS.join(", ")}`,
  });
}

/** A workspace that the client would not find by itself is named. */
const serverArgs = (workspace: string | undefined, cwd: string): readonly string[] =>
  workspace === undefined
    ? ["mcp"]
    : ["mcp", "--workspace", /^https?:/.test(workspace) ? workspace : namedPlace(workspace, cwd)];

/** Where a client's file is: its own variable may move a folder of the person's. */
function placeOf(path: string, root: string, scope: SetupScope, env: Env): string {
  for (const setup of scope === "user" ? Object.values(CLIENT_SETUPS) : []) {
    if (!("home" in setup)) continue;
    const moved = env[setup.home.variable];
    if (moved !== undefined && isAbsolute(moved) && path.startsWith(`${setup.home.stands}/`))
      return join(moved, path.slice(setup.home.stands.length + 1));
  }
  return join(root, path);
}

const isInside = (root: string, path: string): boolean => !relative(root, path).startsWith("..");

function placedIn({ changes, kept }: SetupPlan, place: (path: string) => string): SetupPlan {
  return {
    changes: changes.map((change) => ({ ...change, path: place(change.path) })),
    kept: kept.map((file) => ({ ...file, path: place(file.path) })),
  };
}

const shortPath = (root: string, path: string): string =>
  isInside(root, path) ? relative(root, path) : path;

/** Enough of them to know where it writes. */
const NAMED_FILES = 3;

function whyConfirm({ changes }: SetupPlan, root: string, remove: boolean): string {
  const names = changes.slice(0, NAMED_FILES).map(({ path }) => shortPath(root, path));
  const more = changes.length > names.length ? ` and ${changes.length - names.length} more` : "";
  return `it would ${remove ? "remove Sluice from" : "write"} ${names.join(", ")}${more}`;
}

function planText({ changes, kept }: SetupPlan, root: string): string {
  const short = (path: string) => shortPath(root, path);
  const diffs = changes.map((change) =>
    fileDiff({ ...change, path: short(change.path) })
      .split("\n")
      .map(safeLine)
      .join("\n"),
  );
  const stays = kept.map(({ path, reason }) => `Kept ${short(path)}: ${reason}`);
  return [...diffs, ...stays].map((part) => `${part}\n\n`).join("");
}

function answerOf({ changes, kept }: SetupPlan, scope: SetupScope, dryRun: boolean) {
  const actionOf = (before?: string, after?: string) =>
    before === undefined ? "create" : after === undefined ? "remove" : "update";
  return {
    setup: {
      scope,
      dry_run: dryRun,
      changed: changes.map(({ path, before, after }) => ({ path, action: actionOf(before, after) })),
      kept,
    },
  };
}

function lastLine({ changes }: SetupPlan, dryRun: boolean, remove: boolean): string {
  if (changes.length === 0) return "Nothing to change";
  const files = `${changes.length} file${changes.length === 1 ? "" : "s"}`;
  if (dryRun) return `${files} would change. Run it without --dry-run to do so`;
  return remove
    ? `Removed Sluice from ${files}`
    : `Wrote ${files}. Start the agent again, and ask it for the next task`;
}

/**
 * From the first setup on, agents share the account: what only a person may do asks for one. Before the first file is written, so that
 * a workspace that refuses leaves all as it was. Without a workspace there is nothing to guard yet. Answers whether that begins now.
 */
async function guardAuthority({ open }: OutsideCall): Promise<boolean> {
  try {
    const context = await open();
    try {
      return await becomeStrict(context);
    } finally {
      await context.store.close();
    }
  } catch (error) {
    if (error instanceof SluiceError && error.code === "not_found") return false;
    throw error;
  }
}
