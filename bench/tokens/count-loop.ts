import { Client } from "@modelcontextprotocol/client";
import { StdioClientTransport } from "@modelcontextprotocol/client/stdio";
import { countTokens } from "gpt-tokenizer/encoding/o200k_base";
import { z } from "zod";

export type Arguments = Readonly<Record<string, unknown>>;

/** One tool's way through the loop. */
export interface Loop {
  readonly name: string;
  readonly command: readonly [string, ...string[]];
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
  /** Calls in order, each with what it is for. */
  readonly steps: readonly (readonly [purpose: string, tool: string, input: Arguments])[];
  /** What it could not do. */
  readonly remark: string;
}

export interface Counted {
  readonly name: string;
  readonly tools: number;
  /** Tokens of the tool list and the server's instructions. */
  readonly listed: number;
  /** Tokens of the calls as the model writes them. */
  readonly asked: number;
  /** Tokens of the answers as a client hands them on. */
  readonly answered: number;
  readonly calls: number;
  readonly remark: string;
}

const Result = z.object({
  isError: z.boolean().optional(),
  content: z.array(z.object({ text: z.string().default("") })),
  structuredContent: z.unknown().optional(),
});

/** Goes through a loop with the real server and counts, with o200k_base, what stands in the model's context at its end. */
export async function countLoop({ name, command, cwd, env, steps, remark }: Loop): Promise<Counted> {
  const [program, ...args] = command;
  const client = new Client({ name: "tokens", version: "1" });
  await client.connect(
    new StdioClientTransport({ command: program, args, cwd, env: { ...env }, stderr: "ignore" }),
  );
  try {
    const { tools } = await client.listTools();
    const listed = countTokens(JSON.stringify({ tools })) + countTokens(client.getInstructions() ?? "");
    let asked = 0;
    let answered = 0;
    for (const [purpose, tool, input] of steps) {
      const result = Result.parse(await client.callTool({ name: tool, arguments: { ...input } }));
      const text = handedOn(result);
      if (result.isError === true) throw new Error(`${name} refused to ${purpose}: ${text}`);
      asked += countTokens(JSON.stringify({ name: tool, arguments: input }));
      answered += countTokens(text);
    }
    return { name, tools: tools.length, listed, asked, answered, calls: steps.length, remark };
  } finally {
    await client.close();
  }
}

/** Claude Code and Codex hand on the structured answer where there is one, else the text. */
function handedOn({ content, structuredContent }: z.infer<typeof Result>): string {
  if (structuredContent !== undefined) return JSON.stringify(structuredContent);
  return content.map(({ text }) => text).join("\n");
}
