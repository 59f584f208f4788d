// npm start [-- [--keep DIR] | [--workspace PLACE] PATH…]: the demo, or the same for one's own repositories.
import { rmSync } from "node:fs";
import { parseArgs } from "node:util";
import { runOnOwn } from "../demo/own-repositories.ts";
import { runDemo } from "../demo/run-demo.ts";
import { interruption } from "./interruption.ts";

const INTERRUPTED_EXIT = 130;

let folder: string | undefined;
try {
  const { values, positionals: paths } = parseArgs({
    options: { keep: { type: "string" }, workspace: { type: "string", short: "w" } },
    allowPositionals: true,
  });
  // npm changes into the project's folder and says where it was called.
  const cwd = process.env["INIT_CWD"] ?? process.cwd();
  const isTTY = process.stdin.isTTY && process.stdout.isTTY;
  const surroundings = { env: process.env, cwd, signal: interruption };
  if (paths.length > 0) await runOnOwn({ paths, workspace: values.workspace, isTTY, ...surroundings });
  else
    await runDemo({
      keep: values.keep,
      isTTY: process.stdout.isTTY,
      ...surroundings,
      onFolder: (dir) => (folder = dir),
    });
} catch (error) {
  console.error(interruption.aborted ? "Interrupted." : error instanceof Error ? error.message : error);
  if (interruption.aborted && folder !== undefined) rmSync(folder, { recursive: true, force: true });
  process.exitCode = interruption.aborted ? INTERRUPTED_EXIT : 1;
}
