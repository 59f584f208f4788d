import type { McpTool } from "./mcp-tool.ts";

/** A command line in a sentence: until the punctuation, or the word that goes on, behind it. */
const COMMAND = /\bsluice ((?:(?! (?:or|and|to) |\. |\.$)[^,;:()])+)/g;

/**
 * A hint for whoever has tools and no command line: a command that is a tool here is named so, with the fields that it sets. Hints carry
 * their operation as its command line; one that is no tool here stays a command, which a person may run.
 */
export const toolHint = (hint: string, tools: ReadonlyMap<string, McpTool>): string =>
  hint.replaceAll(COMMAND, (whole: string, line: string) => toolCall(line.split(" "), tools) ?? whole);

function toolCall(words: readonly string[], tools: ReadonlyMap<string, McpTool>): string | undefined {
  const [first = "", second = ""] = words;
  const tool = tools.get(`${first}_${second}`) ?? tools.get(first);
  if (tool === undefined) return undefined;
  const names = words.slice(1).flatMap((word) => fieldOf(word, tool) ?? []);
  const fields = [...new Set(names)].join(", ");
  return `the tool ${tool.name}${fields === "" ? "" : ` (${fields})`}`;
}

/** The field that a flag or a placeholder of a command line stands for. A lease is the connection's own affair. */
function fieldOf(word: string, tool: McpTool): string | undefined {
  const flag = /^--([a-z-]+)$/.exec(word)?.[1]?.replaceAll("-", "_");
  const placeholder = /^[A-Z]+-\d+$/.test(word)
    ? "ref"
    : /^[A-Z]+$/.test(word)
      ? word.toLowerCase()
      : undefined;
  const wanted = flag ?? placeholder;
  if (wanted === undefined || wanted === "lease") return undefined;
  const fields = Object.keys(tool.inputSchema.properties ?? {});
  return fields.find((field) => field === wanted) ?? fields.find((field) => field.startsWith(wanted));
}
