import { resourceFeed, type FeedOptions } from "./resource-feed.ts";

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
