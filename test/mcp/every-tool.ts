import { z } from "zod";
import { REGISTRY } from "#operations/registry.ts";
import { DAY, long } from "#test/whole-day.ts";
import type { McpBench } from "./mcp-bench.ts";

export interface ToolAnswer {
  readonly tool: string;
  readonly isRefused: boolean;
  /** The answer, or the refusal. */
  readonly structured: unknown;
  readonly text: string;
}

/** Calls every tool as a person would let their assistant do it. */
export async function everyTool(bench: McpBench): Promise<readonly ToolAnswer[]> {
  await bench.cli.git("clone", "--quiet", ".", "../again");
  bench.cli.write(
    "TODO.md",
    `# To do\n\n## ${long("todo")}\n\n- Status: open\n- Problem: ${long("field")}\n`,
  );
  const agent = await bench.connect({ args: ["--toolset", "all", "--as", "human:ada"] });
  // From then on the client holds every answer against its schema.
  await agent.client.listTools();
  const seen: ToolAnswer[] = [];
  for (const [tool, input] of DAY) {
    const { isError = false, content, structuredContent } = await agent.call(tool, input);
    const { text } = content[0];
    const refusal: unknown = isError ? JSON.parse(text) : undefined;
    seen.push({
      tool,
      isRefused: isError,
      structured: structuredContent ?? refusal,
      text: isError ? "" : text,
    });
  }
  const called = new Set(DAY.map(([tool]) => tool));
  const missing = Object.keys(REGISTRY).filter((name) => !called.has(name.replaceAll(".", "_")));
  z.array(z.never()).parse(missing);
  return seen;
}
