import type { ContentBlock } from "@modelcontextprotocol/server";

/** The smallest picture: one red dot. */
export const DOT_PNG =
  "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8DwHwAFBQIAX8jx0gAAAABJRU5ErkJggg==";
/** The smallest sound: a header and no sample. */
const SILENCE_WAV = "UklGRiQAAABXQVZFZm10IBAAAAABAAEAQB8AAIA+AAACABAAZGF0YQAAAAA=";

export const text = (value: string) => ({ type: "text", text: value }) as const;
export const dot = { type: "image", data: DOT_PNG, mimeType: "image/png" } as const;
export const silence = { type: "audio", data: SILENCE_WAV, mimeType: "audio/wav" } as const;
export const embedded = (uri: string, mimeType: string, content: string) =>
  ({ type: "resource", resource: { uri, mimeType, text: content } }) as const;

export const answer = (...content: readonly ContentBlock[]) => ({ content: [...content] });
