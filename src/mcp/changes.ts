import { z } from "zod";
import { ITEM_PARTS, type ItemPart, type RunOperation, itemUri } from "./read-resource.ts";

/** Tells whoever listens which addresses may read differently now. */
export interface Changes {
  readonly listen: (changed: (uri: string) => void) => Listening;
}

export interface Listening {
  /** What changes after this resolved is told. */
  readonly ready: Promise<void>;
  readonly stop: () => void;
}

/** One look at the history for any number of listeners; none while nobody listens. */
export function sharedChanges(options: Omit<FeedOptions, "changed">): Changes {
  const listeners = new Set<(uri: string) => void>();
  let feed: ReturnType<typeof resourceFeed> | undefined;
  return {
    listen: (changed) => {
      // A function of its own, so that one who listens twice is two.
      const listener = (uri: string) => changed(uri);
      listeners.add(listener);
      feed ??= resourceFeed({ ...options, changed: (uri) => listeners.forEach((tell) => tell(uri)) });
      return {
        ready: feed.start(),
        stop: () => {
          listeners.delete(listener);
          if (listeners.size > 0) return;
          feed?.stop();
          feed = undefined;
        },
      };
    },
  };
}

interface ResourceFeed {
  /** Begins to look for changes, once; later calls change nothing. What changes after it resolved is told. */
  readonly start: () => Promise<void>;
  readonly stop: () => void;
}

interface FeedOptions {
  readonly run: RunOperation;
  /** Between two looks. */
  readonly everyMs: number;
  /** Told each address whose text may have changed. */
  readonly changed: (uri: string) => void;
}

const Events = z.object({ events: z.array(z.object({ id: z.int(), ref: z.string().optional() })) });
/** More changes than this between two looks are told in part; a client reads again what it shows. */
const LOOK_LIMIT = 200;

/** Looks into the history for changes of items, since other processes make them. One look follows the other, never two at once. */
export function resourceFeed({ run, everyMs, changed }: FeedOptions): ResourceFeed {
  let timer: ReturnType<typeof setTimeout> | undefined;
  let first: Promise<void> | undefined;
  let isOn = false;
  let seen: number | undefined;

  const look = async () => {
    const { events } = Events.parse(await run("log", { limit: seen === undefined ? 1 : LOOK_LIMIT }));
    const fresh = seen === undefined ? [] : events.filter(({ id }) => id > (seen ?? 0));
    seen = Math.max(seen ?? 0, ...events.map(({ id }) => id));
    const refs = new Set(fresh.flatMap(({ ref }) => ref ?? []));
    for (const ref of refs) for (const part of PARTS) changed(itemUri(ref, part));
  };
  const again = () => {
    if (!isOn) return;
    timer = setTimeout(() => {
      // A look that fails, such as at a busy database, is followed by the next.
      look().then(again, again);
    }, everyMs);
  };
  return {
    start: () => {
      isOn = true;
      first ??= look().then(again, again);
      return first;
    },
    stop: () => {
      isOn = false;
      clearTimeout(timer);
    },
  };
}

const PARTS = Object.keys(ITEM_PARTS).filter((part): part is ItemPart => part in ITEM_PARTS);
