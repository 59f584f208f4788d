/** An entry of the history as a stream of changes tells it. */
export interface FedEvent {
  /** The place after it in the history, from which a reader goes on. */
  readonly place: string;
  /** Of the entry, as `log` shows it. */
  readonly view: Readonly<Record<string, unknown>>;
}

export interface Fed {
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
   * @param after place to go on from; absent for what comes from now on. Refuses with `invalid` what is no place
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
