import { z } from "zod";
import { DEFAULT_PAGE, MAX_PAGE, type Page, type PageRequest } from "./ports/store/page.ts";

/** Input fields of every list that pages. */
export const PAGE_FIELDS = {
  limit: z.int().min(1).max(MAX_PAGE).default(DEFAULT_PAGE).describe(`Entries on a page, 1 to ${MAX_PAGE}`),
  cursor: z.string().max(500).optional().describe("Cursor: `page.next` of the previous page"),
};

/** Where a list goes on; `next` is null on the last page. */
export const PageView = z.object({ next: z.string().nullable() });

export function pageRequest(input: { limit: number; cursor?: string | undefined }): PageRequest {
  return { limit: input.limit, cursor: input.cursor };
}

export function pageView(page: Page<unknown>): z.input<typeof PageView> {
  return { next: page.next };
}
