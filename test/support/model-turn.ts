export interface ToolCall {
  readonly name: string;
  /** Where the protocol has one: the group of tools that it is of. */
  readonly namespace?: string;
  readonly input: Readonly<Record<string, unknown>>;
}

/** What the scripted model answers in one turn. */
export interface ModelTurn {
  readonly text?: string;
  readonly tools?: readonly ToolCall[];
  /** Refuses each request of this turn with this status instead. */
  readonly error?: { readonly status: number; readonly type: string };
  /** Never answers. */
  readonly hang?: true;
}

/** Tokens reported for each turn. */
export const TURN_USAGE = { input: 1_000, output: 50, cacheRead: 200, cacheWrite: 100 } as const;

/** One request of a client, as far as the script cares. */
export interface ModelCall {
  /** Turns of the model that the conversation holds already. */
  readonly turn: number;
  /** A title, a topic, a choice of model: no part of the conversation. */
  readonly isSideCall: boolean;
  /** The turn in the protocol's own words. */
  readonly say: (turn: ModelTurn) => Response;
}

/** A way to speak with a model: reads the requests to its own paths. */
export type ModelProtocol = (path: string, body: unknown) => ModelCall | undefined;

/** The body of a stream of server-sent events: JSON objects, or words of the protocol as they are. */
export function eventStream(events: readonly (string | { readonly [field: string]: unknown })[]): Response {
  const lines = events.map((event) => {
    if (typeof event === "string") return `data: ${event}\n\n`;
    const name = typeof event["type"] === "string" ? `event: ${event["type"]}\n` : "";
    return `${name}data: ${JSON.stringify(event)}\n\n`;
  });
  return new Response(lines.join(""), { headers: { "content-type": "text/event-stream" } });
}

export function newId(prefix: string): string {
  return `${prefix}_${crypto.randomUUID().replaceAll("-", "")}`;
}
