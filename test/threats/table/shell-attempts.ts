import type { Outcome } from "./run-attempts.ts";

/** Ways in which a program of the account calls `sluice`. `DO` stands for the call. */
const WAYS = {
  agent: { who: "an agent's shell", script: "CLAUDECODE=1 sh -c 'DO; exit $?'" },
  unmarked: {
    who: "… that takes its marks away",
    script: "CLAUDECODE=1 sh -c 'env -u CLAUDECODE DO; exit $?'",
  },
  emptied: { who: "… that empties its environment", script: "CLAUDECODE=1 sh -c 'env -i KEEP DO; exit $?'" },
  terminal: {
    who: "… with a pseudo-terminal",
    script: "CLAUDECODE=1 sh -c 'env -u CLAUDECODE script -qec \"DO\" /dev/null; exit $?'",
  },
  session: {
    who: "… with one in a session of its own",
    script: "CLAUDECODE=1 sh -c 'env -i KEEP setsid -w script -qec \"DO\" /dev/null; exit $?'",
  },
  named: {
    who: "a program named `claude` that sets no mark, with a pseudo-terminal",
    script: "../claude 'exec script -qec \"DO\" /dev/null'",
  },
  unknown: {
    who: "an agent program that nobody knows, without a terminal",
    script: "setsid -w sh -c 'DO' </dev/null",
  },
  unknownTerminal: { who: "… with a pseudo-terminal", script: 'script -qec "DO" /dev/null' },
  gone: {
    who: "a process that left its agent and its ancestors, with a pseudo-terminal",
    script:
      'mkfifo ../ended-INDEX; CLAUDECODE=1 sh -c \'env -i KEEP setsid -f sh -c "(echo a guess | script -qec \\"DO\\" /dev/null; echo \\$? > ../ended-INDEX) &"\'; exit $(tail -n 1 ../ended-INDEX)',
  },
  typed: {
    who: "keys that an agent sends to your terminal multiplexer",
    script:
      "CLAUDECODE=1 sh -c 'printf \"DO\\nexit \\$?\\n\" > ../keys-INDEX'; script -qec sh /dev/null < ../keys-INDEX",
  },
} as const;

/** What it calls; each may be called again and again. */
const CALLS = {
  approve: { what: "approves a candidate", call: "sluice gate approve CANDIDATE" },
  lane: { what: "lets agents work on an item", call: "sluice item move OB-1 --lane autonomous_safe" },
  check: { what: "changes the check", call: "sluice project edit app --check true" },
  command: { what: "approves a command", call: "sluice item add -t Run -p app --premise command:true" },
  token: { what: "makes a token", call: "sluice token create --as human:mallory --role admin" },
  authority: { what: "changes a setting", call: "sluice config set actor human:mallory" },
  prefix: { what: "changes the prefix by `init`", call: "sluice init --prefix EVIL" },
  copy: { what: "copies the workspace", call: "sluice copy WORKSPACE ../copied-INDEX.db" },
  restore: {
    what: "restores a backup elsewhere",
    call: "sluice restore ../backup.db --to ../restored-INDEX.db",
  },
  trust: { what: "trusts a repository's settings", call: "sluice trust ." },
  user: { what: "changes your agents' own settings", call: "sluice setup codex --user --yes" },
} as const;

export interface ShellAttempt {
  readonly who: string;
  readonly what: string;
  readonly script: string;
  readonly open: Outcome;
  readonly strict: Outcome;
  readonly confirmed: Outcome;
}

type Row = readonly [
  way: keyof typeof WAYS,
  call: keyof typeof CALLS,
  open: Outcome,
  strict: Outcome,
  confirmed: Outcome,
];

const NO = ["refused", "refused", "refused"] as const;
const OPEN = ["possible", "refused", "refused"] as const;
const STRICT = ["possible", "possible", "refused"] as const;
const PERSON = ["approve", "lane", "check", "token", "authority", "prefix", "copy", "restore"] as const;
const ACCOUNT = ["trust", "user"] as const;

const ROWS: readonly Row[] = [
  ...PERSON.map((call): Row => ["agent", call, ...NO]),
  ...ACCOUNT.map((call): Row => ["agent", call, ...NO]),
  ...(["approve", "token"] as const).map((call): Row => ["unmarked", call, ...OPEN]),
  ["unmarked", "trust", ...NO],
  ["emptied", "approve", ...OPEN],
  ["emptied", "trust", ...NO],
  ["terminal", "approve", ...OPEN],
  ["terminal", "trust", ...NO],
  ["session", "approve", ...OPEN],
  ["session", "trust", ...NO],
  ["named", "approve", ...OPEN],
  ["named", "trust", ...NO],
  ...PERSON.map((call): Row => ["unknown", call, ...OPEN]),
  ...ACCOUNT.map((call): Row => ["unknown", call, ...NO]),
  ...[...PERSON, ...ACCOUNT].map((call): Row => ["unknownTerminal", call, ...STRICT]),
  ...(["approve", "token", "trust"] as const).map((call): Row => ["gone", call, ...STRICT]),
  ...(["approve", "authority", "trust"] as const).map((call): Row => ["typed", call, ...STRICT]),
];

export const SHELL_ATTEMPTS: readonly ShellAttempt[] = [
  ...ROWS.map(([way, call, open, strict, confirmed]) => ({
    who: WAYS[way].who,
    what: CALLS[call].what,
    script: WAYS[way].script.replace("DO", CALLS[call].call),
    open,
    strict,
    confirmed,
  })),
  {
    who: "a program that writes the workspace's file",
    what: "takes the setting away",
    script: `BUN -e 'const d = new (require("bun:sqlite").Database)("WORKSPACE"); d.run("delete from setting where key in (\\"authority\\", \\"proof\\")"); d.close()' && setsid -w sluice pause </dev/null`,
    open: "possible",
    strict: "possible",
    confirmed: "possible",
  },
];
