import { z } from "zod";
import type { AnyOperation } from "#operations/operation.ts";
import { REGISTRY } from "#operations/registry.ts";

const Field = z.object({
  description: z.string().optional(),
  type: z.union([z.string(), z.array(z.string())]).optional(),
  enum: z.array(z.unknown()).optional(),
  default: z.unknown().optional(),
  items: z.unknown().optional(),
});
const ObjectSchema = z.object({
  properties: z.record(z.string(), z.unknown()).default({}),
  required: z.array(z.string()).default([]),
});

/** The reference page of every operation, Markdown, made from the registry alone. */
export async function operationsPage(): Promise<string> {
  const sections = [];
  for (const load of Object.values(REGISTRY)) sections.push(section(await load()));
  const head = [
    "# Operations",
    "Made from the list of operations by `scripts/docs.ts`; do not edit. Each is a command, a tool and a call; `--json` prints the answer.",
  ];
  return `${[...head, ...sections].join("\n\n")}\n`;
}

function section(operation: AnyOperation): string {
  const input = fields(operation.input, "input");
  const output = fields(operation.output, "output");
  return [
    `## ${operation.name}`,
    operation.summary,
    ...(operation.description === undefined ? [] : [operation.description]),
    `Effect ${operation.effect}, authority ${operation.authority}, tools ${operation.toolset}.`,
    ...(input.length === 0 ? [] : ["Input:", input.join("\n")]),
    `Answer: ${output
      .map((line) =>
        line
          .slice(2)
          .replace(/[:,(].*$/, "")
          .trim(),
      )
      .join(", ")}.`,
    ...(operation.errors.length === 0 ? [] : [`Refusals: ${operation.errors.map(code).join(", ")}.`]),
    operation.examples.map(({ command, does }) => `${does}:\n\n\`\`\`sh\n${command}\n\`\`\``).join("\n\n"),
  ].join("\n\n");
}

const code = (text: string): string => `\`${text}\``;

/** One line for each field: its name, whether it is needed, its type, its default, what it means. */
function fields(schema: z.ZodType, io: "input" | "output"): readonly string[] {
  const json = z.toJSONSchema(schema, { io, unrepresentable: "any" });
  const { properties, required } = ObjectSchema.parse(json);
  return Object.entries(properties).map(([name, property]) => {
    const field = Field.parse(property);
    const facts = [
      typeText(field),
      ...(required.includes(name) && field.default === undefined ? ["required"] : []),
      ...(field.default === undefined ? [] : [`default ${JSON.stringify(field.default)}`]),
    ];
    const meaning = field.description === undefined ? "" : `: ${field.description}`;
    return `- ${code(name)} (${facts.join(", ")})${meaning}`;
  });
}

function typeText(field: z.output<typeof Field>): string {
  if (field.enum !== undefined) return field.enum.map(String).join(" | ");
  if (field.type === "array") return `list of ${typeText(Field.parse(field.items ?? {}))}`;
  return typeof field.type === "string" ? field.type : "value";
}
