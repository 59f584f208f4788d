import type { EventFeed, FedEvent } from "./event-feed.ts";

/** Between two signs of life: proxies commonly cut a silent connection after a minute. */
const ALIVE_EVERY_MS = 15_000;
/** A reader that leaves this much unread is cut off; it goes on where it stood when it comes again. */
const UNREAD_BYTES = 1_048_576;

/**
 * The changes as server-sent events. The id of each is the place after it: a browser sends the last one it saw as `Last-Event-ID`
 * and loses nothing.
 * @param signal ends the stream
 * @param projects the only projects that exist for the reader; absent = all
 */
export async function eventStream(
  feed: EventFeed,
  after: string | undefined,
  signal: AbortSignal,
  projects?: readonly number[],
): Promise<Response> {
  let controller: ReadableStreamDefaultController<Uint8Array> | undefined;
  const waiting: string[] = [];
  const encoder = new TextEncoder();
  const send = (text: string) => {
    if (controller === undefined) waiting.push(text);
    else if ((controller.desiredSize ?? 0) < -UNREAD_BYTES) end();
    else controller.enqueue(encoder.encode(text));
  };
  const leave = await feed.follow(after, (events) => send(events.map(frame).join("")), projects);
  const alive = setInterval(() => send(": alive\n\n"), ALIVE_EVERY_MS);
  let isOver = false;
  function end(): void {
    if (isOver) return;
    isOver = true;
    clearInterval(alive);
    leave();
    signal.removeEventListener("abort", end);
    try {
      controller?.close();
    } catch {
      // The reader was gone already.
    }
  }
  signal.addEventListener("abort", end, { once: true });
  const body = new ReadableStream<Uint8Array>(
    {
      start: (one) => {
        controller = one;
        send(`retry: 1000\n\n${waiting.splice(0).join("")}`);
      },
      cancel: end,
    },
    new ByteLengthQueuingStrategy({ highWaterMark: 0 }),
  );
  return new Response(body, {
    headers: { "Content-Type": "text/event-stream", "Cache-Control": "no-store", "X-Accel-Buffering": "no" },
  });
}

const frame = ({ place, view }: FedEvent): string =>
  `id: ${place}\nevent: change\ndata: ${JSON.stringify(view)}\n\n`;
