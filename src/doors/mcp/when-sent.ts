/** A comment of server-sent events. Without a first byte some servers hold the headers back, and a client waits for them. */
const OPENING = new TextEncoder().encode(":\n\n");

/** The same response; `done` is called once it was sent to its end, or its client went away. */
export function whenSent(response: Response, done: () => void): Response {
  const stream: ReadableStream<Uint8Array> | null = response.body;
  if (stream === null || response.headers.get("content-type") !== "text/event-stream") {
    done();
    return response;
  }
  const reader = stream.getReader();
  let isOver = false;
  const over = () => {
    if (!isOver) done();
    isOver = true;
  };
  const body = new ReadableStream<Uint8Array>({
    start: (controller) => controller.enqueue(OPENING),
    pull: async (controller) => {
      try {
        const { done: isLast, value } = await reader.read();
        if (!isLast) return controller.enqueue(value);
        over();
        controller.close();
      } catch (error) {
        over();
        controller.error(error);
      }
    },
    cancel: async (reason) => {
      over();
      await reader.cancel(reason);
    },
  });
  return new Response(body, response);
}
