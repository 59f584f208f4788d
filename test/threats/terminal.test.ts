import { afterAll, beforeAll, expect, test } from "bun:test";
import { chmodSync } from "node:fs";
import { join } from "node:path";
import { atTerminal, script } from "#test/terminal.ts";
import { agentProgram, agentShell } from "#compose/agent-shell.ts";
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

const place = () => ({
  cwd: bench.repository,
  env: { ...bench.env, PATH: `${BIN}:${process.env["PATH"] ?? ""}` },
});
const codeOf = (command: string): number => atTerminal(command, place()).code;

/** A command line as one word of another. */
const quote = (command: string): string => `'${command.replaceAll("'", `'\\''`)}'`;
const onOwnTerminal = (command: string): string => script(command).map(quote).join(" ");

test("TH13 a person at a terminal is one, also where input or output is a pipe or a file", () => {
  for (const command of [
    PAUSE,
    `${PAUSE} | cat`,
    `echo Enough | ${PAUSE}`,
    `${PAUSE} >/dev/null 2>/dev/null`,
    `${PAUSE} </dev/null 2>/dev/null`,
    `${PAUSE} </dev/tty >/dev/null 2>/dev/null`,
  ])
    expect([command, codeOf(command)]).toEqual([command, 0]);
}, 60_000);

test("TH13 streams of which none is the terminal that controls the process prove nothing", async () => {
  expect(codeOf(`${PAUSE} ${QUIET}`)).toBe(DENIED);
  expect((await bench.call(["pause"], {})).code).toBe(DENIED);
  if (process.platform !== "linux") return;
  // The terminal of somebody else, opened by its name.
  expect(codeOf(`mine=$(tty); setsid -w sh -c "${PAUSE} <$mine >$mine 2>$mine"`)).toBe(DENIED);
}, 60_000);

/** Starts the command line that is its first word's, as an agent program does with what a model says. */
const AGENT = `#!/bin/sh
CLAUDECODE=1 AI_AGENT=claude-code sh -c "$1"
exit $?
`;

test("OP2 a lease that nobody has looked at proves no person", async () => {
  expect((await bench.call(["pause", "--lease", "Lguessed"], {})).code).toBe(DENIED);
  expect((await bench.call(["pause"], { env: { SLUICE_LEASE: "Lguessed" } })).code).toBe(DENIED);
  expect(codeOf(`${PAUSE} --lease Lguessed`)).toBe(0);
}, 60_000);

test("TH16 what is about the account or a whole workspace takes the same proof", async () => {
  const backup = join(bench.home, "backup.db");
  expect((await bench.call(["backup", backup], {})).code).toBe(0);
  const commands = [
    "trust .",
    "setup codex --user --yes",
    `copy ${bench.workspace} ${join(bench.home, "copied.db")}`,
    `restore ${backup} --to ${join(bench.home, "restored.db")}`,
    "token create --as ai:helper --role agent",
  ];
  for (const command of commands) {
    expect([command, (await bench.call(command.split(" "), {})).code]).toEqual([command, DENIED]);
    expect([command, codeOf(`sluice ${command}`)]).toEqual([command, 0]);
  }
  expect((await bench.call(["trust", ".", "--dry-run"], {})).code).toBe(0);
}, 60_000);

test("CX9 init at a terminal makes a strict workspace, away from one an open one, and says which", async () => {
  const made = (name: string) => ({
    ...place(),
    env: { ...place().env, SLUICE_WORKSPACE: join(bench.home, name) },
  });
  const typed = atTerminal("sluice init && sluice config get authority", made("typed.db"));
  expect(typed.text).toContain("It is strict: what only a person may do needs a person at a terminal");
  expect(typed.text).toEndWith("\nstrict\n");
  const scripted = { env: made("scripted.db").env };
  expect((await bench.call(["init"], scripted)).stdout).toContain("It is open: ");
  expect((await bench.call(["config", "get", "authority"], scripted)).stdout).toBe("open\n");
  // One that is there stays as it is.
  const again = atTerminal("sluice init && sluice config get authority", made("scripted.db"));
  expect(again.text).toContain("It is open: ");
  expect(again.text).toEndWith("\nopen\n");
}, 60_000);

test("TH14 nobody below an agent program proves to be a person, at whatever terminal", () => {
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
    expect([command, codeOf(`../helper ${quote(command)}`)]).toEqual([command, DENIED]);
  // A program's name is a mark that what it starts cannot take away.
  const replaced = `exec ${bare} ${onOwnTerminal(`exec ${PAUSE}`)}`;
  expect(codeOf(`../helper ${quote(replaced)}`)).toBe(0);
  expect(codeOf(`../claude ${quote(replaced)}`)).toBe(DENIED);
}, 60_000);

test("TH14 an agent in a terminal multiplexer of its own does not prove to be a person", () => {
  if (process.platform !== "linux") return;
  chmodSync(bench.write("../helper", AGENT), 0o755);
  // The multiplexer goes on without whoever started it, and takes the marks out of what it starts.
  const inside = `env -u CLAUDECODE -u AI_AGENT ${PAUSE} >/dev/null; echo $? >../ended`;
  const command = `mkfifo ../ended; setsid -f ${onOwnTerminal(inside)} ${QUIET}; exec cat ../ended`;
  const { text } = atTerminal(`../helper ${quote(command)}`, place());
  expect(text.trim()).toBe(String(DENIED));
}, 60_000);

test("TH14 an agent program is known by its name, and by its script's where an interpreter runs it", () => {
  expect(agentProgram(["/opt/bin/codex", "exec"])).toBe("codex");
  expect(agentProgram(["claude"])).toBe("claude-code");
  expect(agentProgram(["/usr/bin/node", "--no-warnings", "/usr/bin/gemini", "-p"])).toBe("gemini");
  for (const other of [["vim", "codex"], ["bash", "-c", "claude"], ["node"], ["constructor"], [""], []])
    expect([other, agentProgram(other)]).toEqual([other, undefined]);
});

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
