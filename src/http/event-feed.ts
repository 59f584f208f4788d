/** An entry of the history as a stream of changes tells it. */
export interface FedEvent {
  /** The place after it in the history, from which a reader goes on. */
  readonly place: string;
  /** Of the entry, as `log` shows it. */
  readonly view: Readonly<Record<string, unknown>>;
}

interface Fed {
  readonly events: readonly FedEvent[];
  /** The place after all of them. */
  readonly next: string;
}

/** The only projects that exist for a reader; absent = all. */
type Projects = readonly number[] | undefined;

/** Reads what came after a place, of these projects; where the history ends now, when no place is given. */
export type ReadHistory = (after: string | undefined, projects?: Projects) => Promise<Fed>;

/** Who reads. Nothing is told once they are known no more. */
export interface EventReader {
  readonly projects?: Projects;
  readonly told: (events: readonly FedEvent[]) => void;
  /** Asked before each look. */
  readonly isKnown: () => Promise<boolean>;
  /** Called once they are known no more. */
  readonly end: () => void;
}

interface Reader extends EventReader {
  place: string;
}

/** Tells any number of readers what is written, with one look at the history for all who stand at the same place and may see the same. */
export interface EventFeed {
  /**
   * @param after place to go on from; absent for what comes from now on. Refuses with `invalid` what is not a place
   * @returns ends it
   */
  readonly follow: (after: string | undefined, reader: EventReader) => Promise<() => void>;
  readonly readers: () => number;
  readonly close: () => void;
}

/** @param everyMs between two looks, while somebody reads */
export function createEventFeed(
  read: ReadHistory,
  everyMs: number,
  failed: (error: unknown) => void,
): EventFeed {
  const readers = new Set<Reader>();
  let timer: ReturnType<typeof setTimeout> | undefined;
  let isClosed = false;

  async function leaveOut(reader: Reader): Promise<void> {
    if (await reader.isKnown()) return;
    readers.delete(reader);
    reader.end();
  }

  async function look(): Promise<void> {
    try {
      await Promise.all([...readers].map(leaveOut));
      const alike = ({ place, projects }: Reader) => `${place} ${projects?.toSorted().join(",") ?? "all"}`;
      for (const group of Map.groupBy(readers, alike).values()) {
        const [first] = group;
        if (first === undefined) continue;
        const { events, next } = await read(first.place, first.projects);
        for (const reader of group) {
          reader.place = next;
          if (events.length > 0) reader.told(events);
        }
      }
    } catch (error) {
      failed(error); // the readers stand where they stood: the next look tells what this one could not
    }
    timer = readers.size === 0 || isClosed ? undefined : setTimeout(() => void look(), everyMs);
  }

  return {
    follow: async (after, given) => {
      const { events, next } = await read(after, given.projects);
      const reader: Reader = { ...given, place: next };
      if (events.length > 0) reader.told(events);
      readers.add(reader);
      timer ??= setTimeout(() => void look(), everyMs);
      return () => void readers.delete(reader);
    },
    readers: () => readers.size,
    close: () => {
      isClosed = true;
      clearTimeout(timer);
      readers.clear();
    },
  };
}

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
