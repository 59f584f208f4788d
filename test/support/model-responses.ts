import { z } from "zod";
import { eventStream, type ModelProtocol, type ModelTurn, newId, TURN_USAGE } from "./model-turn.ts";

const Item = z.object({ type: z.string().optional(), role: z.string().optional() });
const Request = z.object({
  model: z.string(),
  input: z.array(Item),
  tools: z.array(z.unknown()).default([]),
});

interface StreamEvent {
  readonly type: string;
  readonly [field: string]: unknown;
}

/** OpenAI's Responses API, as a stream. */
export const responsesProtocol: ModelProtocol = (path, body) => {
  if (path !== "/v1/responses") return undefined;
  const { model, input, tools } = Request.parse(body);
  // Some models carry their tools in an item of the input instead of the field.
  const hasTools = tools.length > 0 || input.some(({ type }) => type === "additional_tools");
  return {
    turn: turnsIn(input),
    isSideCall: !hasTools,
    say: (turn) => eventStream(streamOf(model, turn)),
  };
};

/** A turn of the model is a run of its items with nobody else's between; its reasoning counts for nothing. */
function turnsIn(input: readonly z.infer<typeof Item>[]): number {
  const isModels = input
    .filter(({ type }) => type !== "reasoning")
    .map(({ type, role }) => type === "function_call" || type === "custom_tool_call" || role === "assistant");
  return isModels.filter((own, index) => own && isModels[index - 1] !== true).length;
}

function streamOf(model: string, turn: ModelTurn): readonly StreamEvent[] {
  const output = [...messageItems(turn), ...callItems(turn)];
  const response = {
    id: newId("resp"),
    object: "response",
    created_at: 0,
    model,
    status: "in_progress",
    output: [],
  };
  const usage = {
    input_tokens: TURN_USAGE.input + TURN_USAGE.cacheRead,
    input_tokens_details: { cached_tokens: TURN_USAGE.cacheRead },
    output_tokens: TURN_USAGE.output,
    output_tokens_details: { reasoning_tokens: 0 },
    total_tokens: TURN_USAGE.input + TURN_USAGE.cacheRead + TURN_USAGE.output,
  };
  return [
    { type: "response.created", response },
    ...output.flatMap((item, output_index) => itemEvents(item, output_index)),
    { type: "response.completed", response: { ...response, status: "completed", output, usage } },
  ].map((event, sequence_number) => ({ ...event, sequence_number }));
}

function messageItems({ text }: ModelTurn) {
  if (text === undefined) return [];
  const content = [{ type: "output_text", text, annotations: [] }];
  return [{ id: newId("msg"), type: "message", role: "assistant", status: "completed", content } as const];
}

function callItems({ tools = [] }: ModelTurn) {
  return tools.map(
    ({ name, namespace, input }) =>
      ({
        id: newId("fc"),
        call_id: newId("call"),
        type: "function_call",
        name,
        ...(namespace === undefined ? {} : { namespace }),
        status: "completed",
        arguments: JSON.stringify(input),
      }) as const,
  );
}

type OutputItem = ReturnType<typeof messageItems>[number] | ReturnType<typeof callItems>[number];

function itemEvents(item: OutputItem, output_index: number): readonly StreamEvent[] {
  const at = { item_id: item.id, output_index };
  const empty = item.type === "message" ? { ...item, content: [] } : { ...item, arguments: "" };
  const middle: readonly StreamEvent[] =
    item.type === "message"
      ? item.content.map(({ text }) => ({
          type: "response.output_text.delta",
          ...at,
          content_index: 0,
          delta: text,
        }))
      : [{ type: "response.function_call_arguments.delta", ...at, delta: item.arguments }];
  return [
    {
      type: "response.output_item.added",
      output_index,
      item: { ...empty, status: "in_progress" },
    },
    ...middle,
    { type: "response.output_item.done", output_index, item },
  ];
}
