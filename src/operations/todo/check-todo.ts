import { z } from "zod";
import { SluiceError } from "#domain/errors.ts";
import { getConfig } from "#operations/admin/config.ts";
import type { Context } from "#operations/context.ts";
import { ask } from "#operations/half.ts";
import { defineOperation } from "#operations/operation.ts";
import type { TodoFile, TodoFormat } from "#operations/ports/todo-format.ts";
import { TodoFiles } from "./todo-files.ts";
import { todoProposal } from "./todo-proposal.ts";

/** What is lost is an error; a field that items lack is a warning. */
const SEVERITY = { error: "error", missing: "warning", advice: "info" } as const;

const Checked = z.object({
  findings: z.array(
    z.object({
      severity: z.enum(["error", "warning", "info"]),
      file: z.string(),
      line: z.int(),
      /** Of all items that it concerns. */
      lines: z.array(z.int()),
      field: z.string(),
      message: z.string(),
    }),
  ),
  /** Files that were mended. */
  fixed: z.array(z.string()),
});

export const checkTodo = defineOperation({
  name: "todo.check",
  summary: "Check TODO.md files: what an import would lose, and what items lack, by line.",
  description: "Needs no workspace. Ends with 1 where something is lost.",
  effect: "write",
  authority: "view",
  toolset: "operator",
  place: "caller",
  workspace: "optional",
  input: z.strictObject({
    files: TodoFiles,
    fix: z
      .boolean()
      .optional()
      .describe(
        "First fix broken checkboxes, control characters, markers used twice and titles that are too long",
      ),
  }),
  output: Checked,
  errors: ["not_found"],
  positional: ["files"],
  examples: [
    { command: "sluice todo check TODO.md", does: "See what is lost, and what to write" },
    { command: "sluice todo check --fix TODO.md", does: "Fix what is a matter of form" },
  ],
  exitCode: (answer) =>
    Checked.safeParse(answer).data?.findings.some(({ severity }) => severity === "error") === true ? 1 : 0,
  run: async (context, { files, fix = false }) => {
    const prefixes = await prefixesOf(context);
    const format = await context.todo();
    const findings = [];
    const fixed = [];
    for (const file of new Set(files)) {
      const path = context.files.resolve(file);
      let bytes = await context.files.read(path);
      const mended = fix ? format.fix(bytes) : bytes;
      if (mended !== bytes) {
        await context.files.write(path, mended);
        fixed.push(file);
        bytes = mended;
      }
      for (const { level, line, lines, field, message } of findingsIn(format, format.read(bytes, prefixes))) {
        const text = `${file}:${line}: ${message}`;
        findings.push({ severity: SEVERITY[level], file, line, lines: [...lines], field, message: text });
      }
    }
    return { findings, fixed };
  },
});

/** What the file loses, and what an import would refuse of it for its bounds. */
function findingsIn(format: TodoFormat, read: TodoFile) {
  const source = { repo: undefined, origins: [], entries: read.entries };
  const refused = read.entries.flatMap((entry) => {
    const result = todoProposal(source, entry);
    return "problem" in result ? [result.problem] : [];
  });
  return format.check({ ...read, refused: [...read.refused, ...refused] });
}

/** The prefix of the workspace's refs; none where there is no workspace. */
async function prefixesOf(context: Context): Promise<readonly string[]> {
  try {
    return [(await ask(context, getConfig, { key: "prefix" })).setting.value];
  } catch (error) {
    if (error instanceof SluiceError && (error.code === "not_found" || error.code === "denied")) return [];
    throw error;
  }
}
