import { z } from "zod";
import { fillDemoFolder, FIXTURES, newDemoFolder } from "./demo-folder.ts";
import { drain } from "./drain.ts";
import { IMPORT, SETUP } from "./setup-commands.ts";
import { FALSE_PREMISE } from "./playbook.ts";
import { sluiceCli, type SluiceCli } from "./sluice-cli.ts";
import { openTerminal, type Terminal } from "./terminal.ts";

export interface DemoOptions {
  /** A folder that is new or empty; default a new one in the folder for temporary files. */
  readonly keep?: string | undefined;
  /** What `keep` is relative to. */
  readonly cwd: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly isTTY: boolean;
  /** Aborted by Ctrl-C: everything that was started is ended. */
  readonly signal: AbortSignal;
  /** Told the folder as soon as there is one. */
  readonly onFolder: (dir: string) => void;
}

const NEXT = [
  ["sluice gate approve C-7 --lane requires_clickops", "let the last one in"],
  ["sluice item move OB-4 --lane autonomous_safe", "leave it to agents"],
  ["sluice item show OB-1", "what became of the refusal"],
  ["sluice run log R-1", "what an agent printed"],
] as const;

/** The whole story, told with the commands that a person would use. */
export async function runDemo({ keep, cwd, env, isTTY, signal, onFolder }: DemoOptions): Promise<void> {
  const terminal = openTerminal(env, isTTY);
  const dir = newDemoFolder(keep, cwd);
  onFolder(dir);
  terminal.line(
    `${terminal.bold("Sluice: the backlog that coding agents drain.")} A demo, all of it real, in`,
  );
  terminal.line(dir);
  const folder = fillDemoFolder(dir, env);
  const cli = sluiceCli(folder, terminal, signal);
  await setUp(cli, terminal);
  await fillBacklog(cli, terminal);
  terminal.heading("4. Two workers drain the lane of the agents, each run in a worktree of its own");
  await drain(cli, terminal, signal);
  await showResult(cli, terminal);
  terminal.heading("Your turn");
  terminal.line(`cd ${dir} && . ./env.sh`);
  for (const [command, what] of NEXT) terminal.line(`  ${command.padEnd(50)} ${terminal.dim(what)}`);
  terminal.line("npm start -- PATH… does the same for repositories of yours; it asks first.");
  terminal.line(terminal.dim(`Nothing outside of ${dir} was changed; remove it when you like.`));
}

async function setUp(cli: SluiceCli, terminal: Terminal): Promise<void> {
  terminal.heading("1. Three git repositories, one backlog");
  for (const { name, about, commits } of FIXTURES)
    terminal.line(`${name.padEnd(10)} ${commits.length} commits; ${about}`);
  for (const command of SETUP) await cli.show(...command);
}

async function fillBacklog(cli: SluiceCli, terminal: Terminal): Promise<void> {
  terminal.heading("2. Their TODO.md files: proposed at the gate, approved where a policy allows");
  await cli.show(...IMPORT);
  terminal.heading("3. The lanes before anybody works");
  await cli.show("item", "list");
}

const Items = z.object({ items: z.array(z.object({ ref: z.string(), title: z.string() })) });
const Shown = z.object({
  item: z.object({ evidence: z.array(z.object({ kind: z.string(), value: z.string() })) }),
});

async function showResult(cli: SluiceCli, terminal: Terminal): Promise<void> {
  terminal.heading("5. The board, and what waits for you");
  await cli.show();
  await cli.show("gate", "list");
  await cli.show("item", "list", "--lane", "requires_decision");
  const { items } = Items.parse(await cli.ask("item", "list", "--state", "done"));
  const item = items.find(({ title }) => title === FALSE_PREMISE);
  if (item === undefined) throw new Error(`“${FALSE_PREMISE}” is not done`);
  const { evidence } = Shown.parse(await cli.ask("item", "show", item.ref)).item;
  const commit = evidence.find(({ kind }) => kind === "commit")?.value;
  if (commit === undefined) throw new Error(`${item.ref} names no commit`);
  terminal.heading("6. Who did this, and why?");
  await cli.show("who", commit.slice(0, 12));
  await cli.show("log", item.ref);
}
