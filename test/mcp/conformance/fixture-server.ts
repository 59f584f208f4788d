import { inputRequired, isCallToolResult, isSpecType, type Server } from "@modelcontextprotocol/server";
import { createMcpServer } from "#mcp/create-mcp-server.ts";
import type { McpInterface } from "#mcp/mcp-interface.ts";
import { dot, DOT_PNG, embedded, text } from "./fixture-content.ts";
import { ELICITATION_TOOLS } from "./fixture-elicitation.ts";
import { INPUT_REQUIRED_TOOLS, isThere, PROMPT_INPUT } from "./fixture-input-required.ts";
import { FIXTURE_TOOLS, type FixtureTool } from "./fixture-tools.ts";
import { ownHandler } from "./own-handler.ts";

const TOOLS: Readonly<Record<string, FixtureTool>> = {
  ...FIXTURE_TOOLS,
  ...ELICITATION_TOOLS,
  ...INPUT_REQUIRED_TOOLS,
};

/** The real server, and beside its own tools, resources and prompts those that the official suite asks for by name. */
export function createFixtureServer(mcp: McpInterface): Server {
  const server = createMcpServer(mcp);
  server.registerCapabilities({ logging: {}, completions: {} });
  addTools(server);
  addResources(server);
  addPrompts(server);
  server.setRequestHandler("completion/complete", () => ({
    completion: { values: ["paris", "park", "party"], total: 3, hasMore: false },
  }));
  return server;
}

function addTools(server: Server): void {
  const ownList = ownHandler(server, "tools/list");
  const ownCall = ownHandler(server, "tools/call");
  const added = Object.entries(TOOLS).map(([name, { description, takes = [] }]) => ({
    name,
    description,
    inputSchema: {
      type: "object" as const,
      properties: Object.fromEntries(takes.map((one) => [one, { type: "string" }])),
      required: [...takes],
    },
  }));
  server.setRequestHandler("tools/list", async (request, context) => {
    const listed = await ownList(request, context);
    if (!isSpecType.ListToolsResult(listed)) throw new Error("This is no list of tools");
    return { tools: [...listed.tools, ...added, WIDE_SCHEMA] };
  });
  server.setRequestHandler("tools/call", async (request, context) => {
    const { name, arguments: given = {} } = request.params;
    const tool = TOOLS[name];
    if (tool !== undefined) return await tool.run(given, context);
    const result = await ownCall(request, context);
    if (!isCallToolResult(result)) throw new Error("This is no answer of a tool");
    return result;
  });
}

/** Of a condition in a schema. */
const BRANCHES: readonly (readonly [string, { required: string[] }])[] = [
  ["then", { required: ["phone"] }],
  ["else", { required: ["email"] }],
];

/** Never called: its schema uses the words that a server must hand on as they are. */
const WIDE_SCHEMA = {
  name: "json_schema_2020_12_tool",
  description: "Tool with JSON Schema 2020-12 features",
  inputSchema: {
    $schema: "https://json-schema.org/draft/2020-12/schema",
    type: "object" as const,
    $defs: {
      address: {
        $anchor: "addressDef",
        type: "object",
        properties: { street: { type: "string" }, city: { type: "string" } },
      },
    },
    properties: {
      name: { type: "string" },
      address: { $ref: "#/$defs/address" },
      contactMethod: { type: "string", enum: ["phone", "email"] },
      phone: { type: "string" },
      email: { type: "string" },
    },
    allOf: [{ anyOf: [{ required: ["phone"] }, { required: ["email"] }] }],
    if: { properties: { contactMethod: { const: "phone" } }, required: ["contactMethod"] },
    ...Object.fromEntries(BRANCHES),
    additionalProperties: false,
  },
};

const RESOURCES = [
  { uri: "test://static-text", name: "Text", description: "A text", mimeType: "text/plain" },
  { uri: "test://static-binary", name: "Picture", description: "A picture", mimeType: "image/png" },
  { uri: "test://watched-resource", name: "Watched", description: "Never changes", mimeType: "text/plain" },
];
const TEMPLATE = {
  uriTemplate: "test://template/{id}/data",
  name: "Template",
  description: "Any id",
  mimeType: "application/json",
};

function addResources(server: Server): void {
  const ownList = ownHandler(server, "resources/list");
  const ownTemplates = ownHandler(server, "resources/templates/list");
  const ownRead = ownHandler(server, "resources/read");
  server.setRequestHandler("resources/list", async (request, context) => {
    const listed = await ownList(request, context);
    if (!isSpecType.ListResourcesResult(listed)) throw new Error("This is no list of resources");
    return { resources: [...listed.resources, ...RESOURCES] };
  });
  server.setRequestHandler("resources/templates/list", async (request, context) => {
    const listed = await ownTemplates(request, context);
    if (!isSpecType.ListResourceTemplatesResult(listed)) throw new Error("This is no list of templates");
    return { resourceTemplates: [...listed.resourceTemplates, TEMPLATE] };
  });
  server.setRequestHandler("resources/read", async (request, context) => {
    const { uri } = request.params;
    const content = contentOf(uri);
    if (content !== undefined) return { contents: [{ uri, ...content }] };
    const result = await ownRead(request, context);
    if (!isSpecType.ReadResourceResult(result)) throw new Error("This is no resource");
    return result;
  });
}

function contentOf(uri: string) {
  if (uri === "test://static-binary") return { mimeType: "image/png", blob: DOT_PNG };
  if (uri === "test://static-text")
    return { mimeType: "text/plain", text: "This is the content of the static text resource." };
  if (uri === "test://watched-resource") return { mimeType: "text/plain", text: "Watched" };
  const [, id] = /^test:\/\/template\/([^/]+)\/data$/.exec(uri) ?? [];
  if (id === undefined) return undefined;
  const data = { id, templateTest: true, data: `Data for ID: ${id}` };
  return { mimeType: "application/json", text: JSON.stringify(data) };
}

const user = <C>(content: C) => ({ role: "user" as const, content });
const needed = (name: string) => ({ name, description: "Any text", required: true });

const PROMPTS = [
  { name: "test_simple_prompt", description: "Takes nothing" },
  {
    name: "test_prompt_with_arguments",
    description: "Takes two",
    arguments: [needed("arg1"), needed("arg2")],
  },
  {
    name: "test_prompt_with_embedded_resource",
    description: "Takes an address",
    arguments: [needed("resourceUri")],
  },
  { name: "test_prompt_with_image", description: "Holds a picture" },
  { name: "test_input_required_result_prompt", description: "Asks first" },
];

function messagesOf(name: string, given: Readonly<Record<string, string>>) {
  if (name === "test_simple_prompt") return [user(text("This is a simple prompt for testing."))];
  if (name === "test_prompt_with_arguments")
    return [user(text(`Prompt with arguments: arg1='${given["arg1"]}', arg2='${given["arg2"]}'`))];
  if (name === "test_prompt_with_embedded_resource")
    return [
      user(embedded(String(given["resourceUri"]), "text/plain", "Embedded resource content for testing.")),
      user(text("Please process the embedded resource above.")),
    ];
  if (name === "test_prompt_with_image") return [user(dot), user(text("Please analyze the image above."))];
  return undefined;
}

function addPrompts(server: Server): void {
  const ownList = ownHandler(server, "prompts/list");
  const ownGet = ownHandler(server, "prompts/get");
  server.setRequestHandler("prompts/list", async (request, context) => {
    const listed = await ownList(request, context);
    if (!isSpecType.ListPromptsResult(listed)) throw new Error("This is no list of prompts");
    return { prompts: [...listed.prompts, ...PROMPTS] };
  });
  server.setRequestHandler("prompts/get", async (request, context) => {
    const { name, arguments: given = {} } = request.params;
    if (name === "test_input_required_result_prompt")
      return isThere(context, "user_context")
        ? { messages: [user(text("The context is there"))] }
        : inputRequired({ inputRequests: PROMPT_INPUT });
    const messages = messagesOf(name, given);
    if (messages !== undefined) return { messages };
    const result = await ownGet(request, context);
    if (!isSpecType.GetPromptResult(result)) throw new Error("This is no prompt");
    return result;
  });
}
