import type { EventFeed, EventReader, FedEvent } from "./event-feed.ts";

/** Between two signs of life: proxies commonly cut a silent connection after a minute. */
const ALIVE_EVERY_MS = 15_000;
/** A reader that leaves this much unread is cut off; it goes on where it stood when it comes again. */
const UNREAD_BYTES = 1_048_576;

/**
 * The changes as server-sent events. The id of each is the place after it: a browser sends the last one it saw as `Last-Event-ID`
 * and loses nothing.
 * @param reader who reads; once they are known no more the stream ends
 * @param signal ends the stream
 */
export async function eventStream(
  feed: EventFeed,
  after: string | undefined,
  reader: Pick<EventReader, "isKnown" | "projects">,
  signal: AbortSignal,
): Promise<Response> {
  let controller: ReadableStreamDefaultController<Uint8Array> | undefined;
  const waiting: string[] = [];
  const encoder = new TextEncoder();
  let isOver = false;
  const send = (text: string) => {
    if (controller === undefined) waiting.push(text);
    else if ((controller.desiredSize ?? 0) < -UNREAD_BYTES) end();
    else controller.enqueue(encoder.encode(text));
  };
  const told = (events: readonly FedEvent[]) => send(events.map(frame).join(""));
  const leave = await feed.follow(after, { ...reader, told, end });
  const alive = setInterval(() => send(": alive\n\n"), ALIVE_EVERY_MS);
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
