import { basename } from "node:path";
import { SluiceError } from "#domain/errors.ts";
import type { EndedProcesses, ProcessIdentity, RunProcessQuery } from "#operations/ports/launcher.ts";
import type { ProcessRow, ProcessTable } from "./process-table.ts";

/** From the polite request to the kill: what the agent CLIs measured needed at most 1.5 s, their build tools longer. */
export const DEFAULT_GRACE_MS = 10_000;
/** How often a process that was asked to end is looked at. */
const POLL_MS = 20;
/** How long killed processes are looked for again; past it they are stuck in the kernel or not ours. */
const KILL_LIMIT_MS = 5_000;

export function processIdentity(table: ProcessTable, pid: number): ProcessIdentity | undefined {
  const row = table.row(pid);
  return row === undefined ? undefined : identityOf(table, row);
}

export function isAlive(table: ProcessTable, identity: ProcessIdentity): boolean {
  return identity.bootId === table.bootId && table.row(identity.pid)?.startTime === identity.startTime;
}

/**
 * All living processes of one launch: those that carry its token, those that share a session with one of them (a
 * launch has sessions of its own), and the descendants of all these. Never this process, its ancestors, or what merely
 * shares a session with it: somebody who looks at a run from a shell that carries the token keeps the shell.
 */
export function findRunProcesses(table: ProcessTable, query: RunProcessQuery): readonly ProcessIdentity[] {
  const variable = `SLUICE_RUN_TOKEN=${checkedToken(query.token)}`;
  const all = table.list();
  const ours = lineage(all, process.pid);
  const rows = all.filter((row) => !ours.has(row.pid));
  const leader = query.leader;
  const found = new Set(
    rows
      .filter((row) => isLeader(table, leader, row) || table.hasVariable(row.pid, variable))
      .map((row) => row.pid),
  );
  // Session 0 is what the kernel shows for a session from outside of this container.
  const spared = new Set([0, table.row(process.pid)?.sessionId ?? 0]);
  addRelatives(rows, found, spared);
  return rows.filter((row) => found.has(row.pid)).map((row) => identityOf(table, row));
}

function lineage(rows: readonly ProcessRow[], pid: number): ReadonlySet<number> {
  const parents = new Map(rows.map((row) => [row.pid, row.parentPid]));
  const line = new Set<number>();
  for (let at: number | undefined = pid; at !== undefined && !line.has(at); at = parents.get(at))
    line.add(at);
  return line;
}

function addRelatives(rows: readonly ProcessRow[], found: Set<number>, spared: ReadonlySet<number>): void {
  const sessions = new Set<number>();
  let before = -1;
  while (before !== found.size) {
    before = found.size;
    for (const row of rows) {
      const isRelative = found.has(row.pid) || found.has(row.parentPid) || sessions.has(row.sessionId);
      if (!isRelative) continue;
      found.add(row.pid);
      if (!spared.has(row.sessionId)) sessions.add(row.sessionId);
    }
  }
}

/** Ends them: asks all, waits `graceMs`, kills, and looks again until none is left or the kill limit has passed. */
export async function endRunProcesses(
  table: ProcessTable,
  query: RunProcessQuery & { readonly graceMs?: number | undefined },
): Promise<EndedProcesses> {
  const seen = new Map<string, ProcessIdentity>();
  const kill = async (
    signal: "SIGTERM" | "SIGKILL",
    limitMs: number,
  ): Promise<readonly ProcessIdentity[]> => {
    const living = await lookTwice(table, query);
    if (living.length === 0) return living;
    for (const one of living) {
      seen.set(`${one.pid}:${one.startTime}`, one);
      signalProcess(table, one, signal);
    }
    await untilGone(table, living, limitMs);
    return lookTwice(table, query);
  };
  let remaining = await kill("SIGTERM", query.graceMs ?? DEFAULT_GRACE_MS);
  const killUntil = performance.now() + KILL_LIMIT_MS;
  while (remaining.length > 0 && performance.now() < killUntil) {
    // Lets our own events run, and whoever forks faster than we look come to the end of it.
    await Bun.sleep(1);
    remaining = await kill("SIGKILL", killUntil - performance.now());
  }
  return { ended: [...seen.values()].filter((one) => !isAlive(table, one)), remaining };
}

/** For a moment of its start a program shows no environment, and one born between two looks no parent: nothing found is looked at again. */
async function lookTwice(table: ProcessTable, query: RunProcessQuery): Promise<readonly ProcessIdentity[]> {
  const found = findRunProcesses(table, query);
  if (found.length > 0) return found;
  await Bun.sleep(POLL_MS);
  return findRunProcesses(table, query);
}

/** Signals the process only while the number still belongs to it. What keeps a box is not asked: the box would be gone before what is in it could end. */
export function signalProcess(
  table: ProcessTable,
  identity: ProcessIdentity,
  signal: "SIGTERM" | "SIGKILL",
): void {
  if (!isAlive(table, identity)) return;
  if (signal === "SIGTERM" && basename(table.words(identity.pid)[0] ?? "") === "bwrap") return;
  try {
    process.kill(identity.pid, signal);
  } catch {
    // It ended between the look and the call, or belongs to another user: the next look tells which.
  }
}

async function untilGone(
  table: ProcessTable,
  list: readonly ProcessIdentity[],
  limitMs: number,
): Promise<void> {
  const until = performance.now() + limitMs;
  while (list.some((one) => isAlive(table, one)) && performance.now() < until) await Bun.sleep(POLL_MS);
}

function isLeader(table: ProcessTable, leader: ProcessIdentity | undefined, row: ProcessRow): boolean {
  return leader !== undefined && leader.bootId === table.bootId && sameProcess(leader, row);
}

function sameProcess(identity: ProcessIdentity, row: ProcessRow): boolean {
  return row.pid === identity.pid && row.startTime === identity.startTime;
}

function identityOf(table: ProcessTable, row: ProcessRow): ProcessIdentity {
  return { pid: row.pid, startTime: row.startTime, bootId: table.bootId };
}

/** A short token could match a stranger's process, an empty one each of them. */
export function checkedToken(token: string): string {
  if (/^[A-Za-z0-9_-]{16,128}$/.test(token)) return token;
  throw new SluiceError("invalid", "The run's token must be 16 to 128 letters, digits, - or _");
}
