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
