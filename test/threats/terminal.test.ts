import { afterAll, beforeAll, expect, test } from "bun:test";
import { chmodSync } from "node:fs";
import { join } from "node:path";
import { atTerminal, script } from "#test/terminal.ts";
import { agentShell } from "#compose/agent-shell.ts";
import { type CliBench, openCliBench } from "../e2e/cli-bench.ts";

const BIN = join(import.meta.dir, "..", "..", "bin");
const QUIET = "</dev/null >/dev/null 2>&1";
/** What only a person may do, and may do again and again. */
const PAUSE = "sluice pause --as human:ada";
const DENIED = 6;

let bench: CliBench;
beforeAll(async () => {
  bench = await openCliBench();
  await bench.json("config", "set", "authority", "strict");
});
afterAll(() => bench[Symbol.dispose]());

const place = (env: Readonly<Record<string, string>> = {}) => ({
  cwd: bench.repository,
  env: { ...bench.env, PATH: `${BIN}:${process.env["PATH"] ?? ""}`, ...env },
});
const codeOf = async (command: string, env?: Readonly<Record<string, string>>): Promise<number> =>
  (await atTerminal(command, place(env))).code;

/** A command line as one word of another. */
const quote = (command: string): string => `'${command.replaceAll("'", `'\\''`)}'`;
const onOwnTerminal = (command: string): string => script(command).map(quote).join(" ");

test("TH13 a person at a terminal is one, also where input or output is a pipe or a file", async () => {
  for (const command of [
    PAUSE,
    `${PAUSE} | cat`,
    `echo Enough | ${PAUSE}`,
    `${PAUSE} >/dev/null 2>/dev/null`,
    `${PAUSE} </dev/null 2>/dev/null`,
    `${PAUSE} </dev/tty >/dev/null 2>/dev/null`,
  ])
    expect([command, await codeOf(command)]).toEqual([command, 0]);
}, 60_000);

test("TH13 streams of which none is the terminal that controls the process prove nothing", async () => {
  expect(await codeOf(`${PAUSE} ${QUIET}`)).toBe(DENIED);
  expect((await bench.call(["pause"], {})).code).toBe(DENIED);
  if (process.platform !== "linux") return;
  // The terminal of somebody else, opened by its name.
  expect(await codeOf(`mine=$(tty); setsid -w sh -c "${PAUSE} <$mine >$mine 2>$mine"`)).toBe(DENIED);
}, 60_000);

/** Starts the command line that is its first word's, as an agent program does with what a model says. */
const AGENT = `#!/bin/sh
CLAUDECODE=1 AI_AGENT=claude-code sh -c "$1"
exit $?
`;

test("TH14 nobody below an agent program proves to be a person, at whatever terminal", async () => {
  if (process.platform !== "linux") return;
  for (const name of ["helper", "claude"]) chmodSync(bench.write(`../${name}`, AGENT), 0o755);
  const out = "env -u CLAUDECODE -u AI_AGENT";
  const bare = 'env -i PATH="$PATH" HOME="$HOME" SLUICE_WORKSPACE="$SLUICE_WORKSPACE"';
  for (const command of [
    // Without its marks, while the shell around it has them.
    `${out} ${PAUSE}; exit $?`,
    `${bare} ${PAUSE}; exit $?`,
    // With a terminal of its own, and in a session of its own.
    `${out} ${onOwnTerminal(PAUSE)}; exit $?`,
    `${bare} setsid -w ${onOwnTerminal(PAUSE)}; exit $?`,
  ])
    expect([command, await codeOf(`../helper ${quote(command)}`)]).toEqual([command, DENIED]);
  // A program's name is a mark that what it starts cannot take away.
  const replaced = `exec ${bare} ${onOwnTerminal(`exec ${PAUSE}`)}`;
  expect(await codeOf(`../helper ${quote(replaced)}`)).toBe(0);
  expect(await codeOf(`../claude ${quote(replaced)}`)).toBe(DENIED);
}, 60_000);

test("TH14 an agent in a terminal multiplexer of its own does not prove to be a person", async () => {
  if (process.platform !== "linux") return;
  chmodSync(bench.write("../helper", AGENT), 0o755);
  const inside = `env -u CLAUDECODE -u AI_AGENT ${PAUSE} >/dev/null; echo $? >../ended; tmux -L $$SOCKET wait-for -S done`;
  const socket = `sluice-${process.pid}`;
  const command = `tmux -L ${socket} new-session -d ${quote(inside.replace("$$SOCKET", socket))} && tmux -L ${socket} wait-for done; tmux -L ${socket} kill-server; exec cat ../ended`;
  const { text } = await atTerminal(`../helper ${quote(command)}`, place({ TERM: "xterm" }));
  expect(text.trim().split("\n").at(-1)).toBe(String(DENIED));
}, 60_000);

test("TH15 the variables of known agent programs make a shell theirs", () => {
  const shells = {
    "claude-code": { CLAUDECODE: "1" },
    codex: { CODEX_CI: "1" },
    opencode: { OPENCODE: "1", AGENT: "1" },
    gemini: { GEMINI_CLI: "1" },
    grok: { GROK_AGENT: "1" },
    cursor: { CURSOR_AGENT: "1" },
    goose: { GOOSE_TERMINAL: "1", AGENT: "goose" },
    "qwen-code": { QWEN_CODE: "1" },
    crush: { CRUSH: "1", AGENT: "crush", AI_AGENT: "crush" },
    cline: { CLINE_ACTIVE: "true" },
    auggie: { AUGMENT_AGENT: "1" },
    pi: { PI_CODING_AGENT: "true" },
    agent: { AGENT: "amp" },
    run: { SLUICE_RUN: "R-1" },
  };
  for (const [agent, env] of Object.entries(shells)) expect(agentShell(env)).toBe(agent);
  expect(agentShell({ AI_AGENT: "other" })).toBe("agent");
  // A person's own: an empty variable, the definition of an agent that Grok is to start, the editor's terminal.
  expect(agentShell({ CLAUDECODE: "", GROK_AGENT: "reviewer", CURSOR_TRACE_ID: "1" })).toBeUndefined();
});
