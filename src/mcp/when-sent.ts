/** A comment of server-sent events. Without a first byte some servers hold the headers back, and a client waits for them. */
const OPENING = new TextEncoder().encode(":\n\n");

/**
 * The same response; `done` is called once it was sent to its end, or its client went away.
 * @param until ends a stream when it is aborted
 */
export function whenSent(response: Response, done: () => void, until?: AbortSignal): Response {
  const stream: ReadableStream<Uint8Array> | null = response.body;
  if (stream === null || response.headers.get("content-type") !== "text/event-stream") {
    done();
    return response;
  }
  const reader = stream.getReader();
  // Reading ends as at the stream's own end.
  const end = () => void reader.cancel().catch(() => {});
  until?.addEventListener("abort", end, { once: true });
  let isOver = false;
  const over = () => {
    if (!isOver) done();
    isOver = true;
    until?.removeEventListener("abort", end);
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
