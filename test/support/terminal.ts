import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { namespaceTree } from "#runners/process-tree.ts";

interface TerminalPlace {
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
  /** What the person types; by default nothing, and the input ends. */
  readonly typed?: string;
}

/** What a shell's command line printed on its terminal, and how it ended. */
interface AtTerminal {
  readonly code: number;
  readonly text: string;
}

/** The program that gives a command a pseudo-terminal of its own. */
export const script = (command: string): readonly [string, ...string[]] =>
  process.platform === "linux"
    ? ["script", "-qec", command, "/dev/null"]
    : ["script", "-q", "/dev/null", "sh", "-c", command];

/** Below no other program, where a pid namespace can be made: whoever runs the tests (an agent, say) is then not around it. */
const TREE = namespaceTree(process.platform);

/** Far more than a talk takes: a question that never comes ends here, and the text says what came. */
const TALK_LIMIT_MS = 30_000;

/**
 * The same for a command that asks: each answer is typed when its question is shown, since what was typed before a password is asked for is
 * thrown away.
 */
export async function askedAtTerminal(
  command: string,
  { cwd, env }: TerminalPlace,
  talk: readonly (readonly [question: string, answer: string])[],
): Promise<AtTerminal> {
  const folder = mkdtempSync(join(tmpdir(), "sluice-terminal-"));
  const [program, ...words] = script(command);
  const argv = TREE.wrap({ program, args: words, leftFile: join(folder, "left") });
  const streams = { stdin: "pipe", stdout: "pipe", stderr: "ignore" } as const;
  const child = Bun.spawn([...argv], { cwd, env, ...streams, timeout: TALK_LIMIT_MS, killSignal: "SIGKILL" });
  let text = "";
  let seen = 0;
  const open = [...talk];
  for await (const chunk of child.stdout) {
    text += Buffer.from(chunk).toString();
    const [question, answer] = open[0] ?? [];
    if (question === undefined || !text.includes(question, seen)) continue;
    seen = text.indexOf(question, seen) + question.length;
    open.shift();
    void child.stdin.write(`${answer}\n`);
    await child.stdin.flush();
  }
  const code = await child.exited;
  rmSync(folder, { recursive: true, force: true });
  return { code, text: text.replaceAll("\r\n", "\n") };
}

/** Runs it as a person at a terminal would. */
export function atTerminal(command: string, { cwd, env, typed = "" }: TerminalPlace): AtTerminal {
  const folder = mkdtempSync(join(tmpdir(), "sluice-terminal-"));
  try {
    const [program, ...words] = script(command);
    const argv = TREE.wrap({ program, args: words, leftFile: join(folder, "left") });
    const { exitCode, stdout, stderr } = Bun.spawnSync([...argv], { cwd, env, stdin: Buffer.from(typed) });
    return { code: exitCode, text: `${stdout.toString()}${stderr.toString()}`.replaceAll("\r\n", "\n") };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
