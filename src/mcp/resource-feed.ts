import { z } from "zod";
import type { RunOperation } from "./read-resource.ts";
import { ITEM_PARTS, type ItemPart, itemUri } from "./resource-uri.ts";

export interface ResourceFeed {
  /** Begins to look for changes, once; later calls change nothing. What changes after it resolved is told. */
  readonly start: () => Promise<void>;
  readonly stop: () => void;
}

export interface FeedOptions {
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
