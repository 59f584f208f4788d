// The sample operations as a whole process, with the interface's own standard streams.
import { valueOf } from "#operations/plain-input.ts";
import { interruptSignal } from "#cli/interrupt.ts";
import { standardInput, standardSink } from "#cli/stdio.ts";
import { run } from "./run-sample.ts";

/** More JSON than a pipe holds. */
const ROWS = Array.from({ length: 40_000 }, (_, index) => ({ ref: `OB-${index}`, title: "x".repeat(40) }));

const stderr = standardSink(2);
const { code } = await run(process.argv.slice(2), {
  stdin: standardInput(),
  stdout: standardSink(1),
  stderr,
  signal: interruptSignal(),
  invoke: async (_, operation, input) => {
    if (operation.name === "item.list") return { items: ROWS };
    if (operation.name !== "claim") return { input: valueOf(operation.input, input) };
    await stderr.write("working\n");
    return await new Promise<never>(() => {
      // Keeps the process alive until Ctrl-C.
      setInterval(() => {}, 60_000);
    });
  },
});
process.exit(code);
