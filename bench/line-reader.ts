/** Reads lines, of which the other side writes one at a time. */
export function lineReader(stream: ReadableStream<Uint8Array>): () => Promise<string> {
  const reader = stream.getReader();
  const decoder = new TextDecoder();
  return async () => {
    let text = "";
    while (!text.endsWith("\n")) {
      const { done, value } = await reader.read();
      if (done) throw new Error("The program ended without an answer");
      text += decoder.decode(value, { stream: true });
    }
    return text;
  };
}
