import { z } from "zod";
import { defineOperation } from "#operations/operation.ts";
import { TodoFiles } from "./todo-files.ts";

/** A file that cannot be read is an error; a field that an item lacks is a warning. */
const SEVERITY = { error: "error", missing: "warning", advice: "info" } as const;

export const checkTodo = defineOperation({
  name: "todo.check",
  summary: "Say what the items of TODO.md files lack, by line.",
  effect: "read",
  authority: "view",
  toolset: "operator",
  place: "caller",
  input: z.strictObject({ files: TodoFiles }),
  output: z.object({
    findings: z.array(
      z.object({
        severity: z.enum(["error", "warning", "info"]),
        file: z.string(),
        line: z.int(),
        field: z.string(),
        message: z.string(),
      }),
    ),
  }),
  errors: ["not_found"],
  positional: ["files"],
  examples: [{ command: "sluice todo check TODO.md", does: "See what to write" }],
  run: async (context, { files }) => {
    const { prefix } = await context.store.projects.settings();
    const format = await context.todo();
    const findings = [];
    for (const file of new Set(files)) {
      const found = format.check(
        format.read(await context.files.read(context.files.resolve(file)), [prefix]),
      );
      findings.push(
        ...found.map(({ level, line, field, message }) => ({
          severity: SEVERITY[level],
          file,
          line,
          field,
          message: `${file}:${line}: ${message}`,
        })),
      );
    }
    return { findings };
  },
});
