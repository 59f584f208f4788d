import type { CallToolResult, InputRequiredResult, ServerContext } from "@modelcontextprotocol/server";
import { MissingRequiredClientCapabilityError } from "@modelcontextprotocol/server";
import { clientCapabilities } from "./client-capabilities.ts";
import { answer, dot, embedded, silence, text } from "./fixture-content.ts";

type Given = Readonly<Record<string, unknown>>;
type Answer = CallToolResult | InputRequiredResult;

/** A tool that the official suite asks for by name. */
export interface FixtureTool {
  readonly description: string;
  /** Arguments, all of them texts and all needed. */
  readonly takes?: readonly string[];
  readonly run: (given: Given, context: ServerContext) => Answer | Promise<Answer>;
}

export const FIXTURE_TOOLS: Readonly<Record<string, FixtureTool>> = {
  test_simple_text: {
    description: "Answers a text",
    run: () => answer(text("This is a simple text response for testing.")),
  },
  test_image_content: { description: "Answers a picture", run: () => answer(dot) },
  test_audio_content: { description: "Answers a sound", run: () => answer(silence) },
  test_embedded_resource: {
    description: "Answers a resource",
    run: () =>
      answer(embedded("test://embedded-resource", "text/plain", "This is an embedded resource content.")),
  },
  test_multiple_content_types: {
    description: "Answers content of several kinds",
    run: () =>
      answer(
        text("Multiple content types test:"),
        dot,
        embedded("test://mixed-content-resource", "application/json", '{"test":"data","value":123}'),
      ),
  },
  test_error_handling: {
    description: "Fails",
    run: () => ({ ...answer(text("This tool intentionally returns an error for testing")), isError: true }),
  },
  test_tool_with_progress: { description: "Tells how far it is", run: tellProgress },
  test_tool_with_logging: {
    description: "Logs",
    run: (_, { mcpReq }) =>
      logged(mcpReq, ["Tool execution started", "Tool processing data", "Tool execution completed"]),
  },
  test_logging_tool: { description: "Logs once", run: (_, { mcpReq }) => logged(mcpReq, ["Logged"]) },
  test_sampling: {
    description: "Asks the client's model",
    takes: ["prompt"],
    run: async ({ prompt }, { mcpReq }) => {
      const messages = [{ role: "user" as const, content: text(String(prompt)) }];
      const { content } = await mcpReq.requestSampling({ messages, maxTokens: 100 });
      return answer(text(`LLM response: ${JSON.stringify(content)}`));
    },
  },
  test_missing_capability: {
    description: "Needs a client with a model",
    run: (_, context) => {
      if (clientCapabilities(context)?.sampling === undefined)
        throw new MissingRequiredClientCapabilityError({ requiredCapabilities: { sampling: {} } });
      return answer(text("The client has a model"));
    },
  },
};

async function tellProgress(_: Given, { mcpReq }: ServerContext): Promise<Answer> {
  const progressToken = mcpReq._meta?.progressToken;
  for (const progress of [0, 50, 100])
    if (progressToken !== undefined)
      await mcpReq.notify({
        method: "notifications/progress",
        params: { progressToken, progress, total: 100 },
      });
  return answer(text("Told"));
}

async function logged({ log }: ServerContext["mcpReq"], lines: readonly string[]): Promise<Answer> {
  for (const line of lines) await log("info", line);
  return answer(text("Logged"));
}
