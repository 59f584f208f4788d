/** Lists page by cursor: 50 by default, at most 1,000. */
export const DEFAULT_PAGE = 50;
export const MAX_PAGE = 1_000;

export interface PageRequest {
  readonly limit: number;
  /** Opaque; from the page before. */
  readonly cursor?: string | undefined;
}

export interface Page<T> {
  readonly items: readonly T[];
  /** Cursor of the next page; null on the last. */
  readonly next: string | null;
}
