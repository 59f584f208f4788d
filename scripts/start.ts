// npm start [-- [--keep DIR] | [--workspace PLACE] PATH…]: the demo, or the same for one's own repositories.
import { rmSync } from "node:fs";
import { parseArgs } from "node:util";
import { runDemo } from "../demo/run-demo.ts";
import { interruption } from "./interruption.ts";

const { values, positionals } = parseArgs({
  options: { keep: { type: "string" } },
  allowPositionals: true,
});

let folder: string | undefined;
try {
  if (positionals.length > 0) throw new Error("not yet");
  await runDemo({
    keep: values.keep,
    env: process.env,
    isTTY: process.stdout.isTTY,
    signal: interruption,
    onFolder: (dir) => {
      folder = dir;
    },
  });
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  if (interruption.aborted && folder !== undefined) rmSync(folder, { recursive: true, force: true });
  process.exitCode = interruption.aborted ? 130 : 1;
}
