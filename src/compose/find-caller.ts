import { readFileSync } from "node:fs";
import { parseActor, type Actor } from "#domain/actor.ts";
import { lowerAuthority, type Authority, type Caller } from "#domain/caller.ts";
import { SluiceError } from "#domain/errors.ts";
import type { OutsideCall } from "#cli/outside-command.ts";
import type { Surroundings } from "#cli/surroundings.ts";
import { onlyPerson } from "#operations/record-denial.ts";
import { refuseUnproven, unproven } from "#operations/unproven-person.ts";
import { agentShell } from "./agent-shell.ts";
import { agentAround } from "./ancestors.ts";
import { proofAt } from "./machine-parts.ts";
import { hostName } from "./places.ts";
import { knownFiles } from "./user-settings.ts";

export interface CallerRequest {
  /** `--as`. */
  readonly as?: string | undefined;
  /** `SLUICE_ACTOR`. */
  readonly actor?: string | undefined;
  /** The workspace's setting. */
  readonly setting?: string | undefined;
  readonly lease?: string | undefined;
  readonly run?: string | undefined;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Whether a person's terminal is the proof that one is calling. */
  readonly isProven: () => boolean;
  readonly host: string;
}

const AUTHORITY = { human: "human", ai: "agent", system: "viewer" } as const satisfies Record<
  Actor["kind"],
  Authority
>;

/** Who is calling. A process inside a run or an agent's shell is at most an agent, and cannot take a person's name. */
export function findCaller({ as, actor, setting, lease, run, env, isProven, host }: CallerRequest): Caller {
  const shell = agentShell(env);
  const named = as ?? actor ?? (shell === undefined ? setting : undefined);
  const who = parseActor(named ?? (shell === undefined ? `human:${userName(env)}` : `ai:${shell}`));
  if (who.kind === "system")
    throw new SluiceError("denied", `${named} is reserved for Sluice itself`, {
      hint: "Act as human:NAME or ai:NAME",
    });
  if (shell !== undefined && who.kind === "human")
    throw new SluiceError("denied", "A process inside an agent's run cannot act as a person", {
      hint: "Omit --as and SLUICE_ACTOR",
      details: {
        field: "as",
        value: named,
        needed: "a shell that no agent started",
        has: `a process of ${shell}`,
      },
    });
  return {
    actor: who,
    authority: lowerAuthority(AUTHORITY[who.kind], shell === undefined ? "human" : "agent"),
    auth: authOf(who, () => shell === undefined && isProven(), lease),
    interface: "cli",
    host,
    ...(lease === undefined ? {} : { lease }),
    ...(run === undefined ? {} : { run }),
  };
}

/** A person is proven by the terminal, whatever lease is given beside it. */
function authOf({ kind }: Actor, isProven: () => boolean, lease: string | undefined): Caller["auth"] {
  if ((kind === "human" || lease === undefined) && isProven()) return "tty";
  return lease === undefined ? "asserted" : "run";
}

/** Whether a person is at the terminal of this process, and no agent program or run between them. */
export const isProven = ({ isAttended }: Pick<Surroundings, "isAttended">): boolean =>
  isAttended() && agentAround() === undefined;

function userName(env: CallerRequest["env"]): string {
  const name = env["USER"] ?? env["LOGNAME"] ?? accountName(process.getuid?.(), "/etc/passwd") ?? "unknown";
  return (
    name
      .normalize("NFKC")
      .replace(/[^\p{L}\p{N}._@/+-]/gu, "-")
      .slice(0, 64) || "unknown"
  );
}

/**
 * Name of an account by the password file, since Bun's `userInfo()` says `unknown` where the environment has no `USER`. Undefined where
 * neither names it: an account of a directory service, or none at all.
 */
export function accountName(uid: number | undefined, passwordFile: string): string | undefined {
  if (uid === undefined) return undefined;
  try {
    const lines = readFileSync(passwordFile, "utf8").split("\n");
    return lines.map((line) => line.split(":")).find(([, , id]) => id === String(uid))?.[0];
  } catch {
    return undefined;
  }
}

/** Who works at this command line, where no workspace says more. Refuses with `denied` who is not a person. @param what `copies a workspace` */
export function localPerson(
  { surroundings, globals }: Pick<OutsideCall, "surroundings" | "globals">,
  command: string,
  what: string,
): Caller {
  const { env } = surroundings;
  const by = findCaller({ ...globals, env, isProven: () => isProven(surroundings), host: hostName(env) });
  if (by.authority !== "human") throw onlyPerson(by.authority, command, what);
  return by;
}

/**
 * The same for what is about the account: it takes a person at a terminal whatever a workspace says, and the proof of the first one of this
 * account that is `confirmed`, so that naming another one changes nothing. @param what `trust a workspace`
 */
export async function provenPerson(...asked: Parameters<typeof localPerson>): Promise<void> {
  const [{ surroundings }, command] = asked;
  const caller = localPerson(...asked);
  const what = `run sluice ${command}`;
  const hint = "Do it at a terminal of your own, outside of agents";
  if (caller.auth !== "tty") throw unproven(what, hint, "a person at a terminal", "asserted human");
  const { openStore } = await import("#store/open-store.ts");
  for (const place of knownFiles(surroundings.env)) {
    const { projects, close } = await openStore({ place });
    try {
      const { authority } = await projects.settings();
      if (authority !== "confirmed") continue;
      return await refuseUnproven(
        { caller, proof: proofAt(surroundings) },
        { authority, kept: projects.proof },
        what,
      );
    } finally {
      await close();
    }
  }
}
