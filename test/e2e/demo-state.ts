import { join } from "node:path";
import { z } from "zod";

const SLUICE = join(import.meta.dir, "..", "..", "bin", "sluice");
export const REPOSITORIES = ["reminders", "shelf", "letters"] as const;

/** Titles of the demo's items that agents finish, in alphabetical order. */
const DONE = [
  "Escape `<` and `&` in titles of books",
  "Fines are a fraction of a cent short",
  "Greet readers in Danish (»Kære læser«)",
  "Keep a time zone with each reader",
  "Name the book in the subject of a reminder",
  "Send reminders at nine in the reader's own time zone",
];
const FOR_A_DECISION = "Should a fine ever be more than the price of the book?";
const AT_THE_GATE = "Send letters on paper to readers without e-mail ✉";

const Items = z.object({
  items: z.array(z.object({ ref: z.string(), title: z.string(), state: z.string(), lane: z.string() })),
});
const Candidates = z.object({ candidates: z.array(z.object({ title: z.string(), state: z.string() })) });
const Findings = z.object({ findings: z.array(z.unknown()) });

export interface Ran {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a program to its end. */
export async function run(
  argv: readonly string[],
  { cwd, env, stdin }: { cwd: string; env: Readonly<Record<string, string>>; stdin?: string },
): Promise<Ran> {
  const child = Bun.spawn([...argv], {
    cwd,
    env,
    stdin: stdin === undefined ? "ignore" : Buffer.from(stdin),
    stdout: "pipe",
    stderr: "pipe",
  });
  const [stdout, stderr, code] = await Promise.all([child.stdout.text(), child.stderr.text(), child.exited]);
  return { code, stdout, stderr };
}

/** A demo that has been run, asked through the command line and git alone. */
export interface DemoProbe {
  readonly dir: string;
  readonly env: Readonly<Record<string, string>>;
  readonly sluice: (...args: readonly string[]) => Promise<Ran>;
  readonly json: (...args: readonly string[]) => Promise<unknown>;
  readonly git: (repository: string, ...args: readonly string[]) => Promise<string>;
}

/** Environment of a demo: a home of its own, so that the machine's configuration of git plays no part. */
export function demoEnvironment(home: string): Readonly<Record<string, string>> {
  return {
    PATH: process.env["PATH"] ?? "",
    HOME: home,
    LANG: "C.UTF-8",
    TMPDIR: home,
    GIT_CONFIG_GLOBAL: "/dev/null",
    GIT_CONFIG_NOSYSTEM: "1",
    NO_COLOR: "1",
  };
}

export function probeDemo(dir: string, home: string): DemoProbe {
  const env = {
    ...demoEnvironment(home),
    SLUICE_WORKSPACE: join(dir, "workspace.db"),
    SLUICE_STATE_DIR: join(dir, "state"),
    SLUICE_ACTOR: "human:operator",
  };
  const sluice = (...args: readonly string[]) => run([SLUICE, ...args], { cwd: dir, env });
  return {
    dir,
    env,
    sluice,
    json: async (...args) => {
      const { code, stdout, stderr } = await sluice(...args, "--json");
      if (code !== 0) throw new Error(`sluice ${args.join(" ")} ended with ${code}: ${stderr}`);
      const answer: unknown = JSON.parse(stdout);
      return answer;
    },
    git: async (repository, ...args) => {
      const { code, stdout, stderr } = await run(["git", "-C", join(dir, repository), ...args], {
        cwd: dir,
        env,
      });
      if (code !== 0) throw new Error(`git ${args.join(" ")} ended with ${code}: ${stderr}`);
      return stdout;
    },
  };
}

const EVERY_STATE = ["open", "blocked", "review", "done", "dropped"];

/** What is different from an undisturbed demo, in words; empty where nothing is. */
export async function faultsOf(probe: DemoProbe): Promise<readonly string[]> {
  return [...(await backlogFaults(probe)), ...(await historyFaults(probe))];
}

async function backlogFaults({ json }: DemoProbe): Promise<readonly string[]> {
  const states = EVERY_STATE.flatMap((state) => ["--state", state]);
  const { items } = Items.parse(await json("item", "list", ...states));
  const found = items.map(({ title, state, lane }) => `${state} in ${lane}: ${title}`).toSorted();
  const wanted = [
    ...DONE.map((title) => `done in autonomous_safe: ${title}`),
    `open in requires_decision: ${FOR_A_DECISION}`,
  ].toSorted();
  const { candidates } = Candidates.parse(await json("gate", "list"));
  const waiting = candidates.map(({ title }) => title);
  const { findings } = Findings.parse(await json("doctor", "--deep"));
  return [
    ...wanted.filter((line) => !found.includes(line)).map((line) => `not ${line}`),
    ...found.filter((line) => !wanted.includes(line)),
    ...(found.length === new Set(found).size ? [] : ["an item is there twice"]),
    ...(waiting.join() === AT_THE_GATE ? [] : [`at the gate: ${waiting.join("; ")}`]),
    ...findings.map((finding) => `doctor: ${JSON.stringify(finding)}`),
  ];
}

/** Commits that the items of a repository leave on its main branch, by the words after the ref. */
const LANDED = {
  reminders: [
    "Keep a time zone with each reader",
    "Name the book in the subject",
    "Remind readers at nine in their own zone",
  ],
  shelf: ["Count fines in whole cents"],
  letters: ["Escape titles in letters", "Greet readers in Danish"],
} as const;

async function historyFaults({ git }: DemoProbe): Promise<readonly string[]> {
  const faults: string[] = [];
  for (const name of REPOSITORIES) {
    const log = await git(name, "log", "--format=%s", "main");
    const landed = log.split("\n").flatMap((subject) => /^OB-\d+: (.*)$/.exec(subject)?.[1] ?? []);
    if (landed.toSorted().join("; ") !== LANDED[name].join("; "))
      faults.push(`${name} has on main: ${landed.join("; ")}`);
    const people = new Set(
      (await git(name, "log", "--format=%an <%ae>%n%cn <%ce>", "main")).trim().split("\n"),
    );
    if ([...people].join() !== "Demo Operator <operator@example.invalid>")
      faults.push(`${name} is written by ${[...people].join(", ")}`);
    const messages = await git(name, "log", "--format=%B", "main");
    if (/scribe|mason|assisted-by|co-authored-by/i.test(messages)) faults.push(`${name} names a runner`);
    const fsck = await git(name, "fsck", "--full", "--strict", "--no-dangling");
    if (fsck !== "") faults.push(`git fsck of ${name}: ${fsck}`);
    const status = await git(name, "status", "--porcelain", "--branch");
    if (status !== "## main\n") faults.push(`the checkout of ${name} is not clean: ${status}`);
    const worktrees = (await git(name, "worktree", "list")).trim().split("\n");
    if (worktrees.length !== 1) faults.push(`${name} has worktrees: ${worktrees.join("; ")}`);
  }
  return faults;
}
