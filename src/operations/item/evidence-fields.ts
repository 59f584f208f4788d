import { z } from "zod";
import { Line } from "#domain/text/bounded-text.ts";

/** What shows that an item is done: a kind (`commit`, `pr`, `check`, `deploy`, `probe`, …) and its value. */
export const EvidencePair = z
  .object({
    kind: z.string().regex(/^[a-z][a-z0-9_-]{0,63}$/, "1 to 64 lower-case letters, digits, - and _"),
    value: Line,
  })
  .meta({ cli: "pair" })
  .describe("What shows it, such as commit=1a2b3c4, pr=URL, check=TEXT, deploy=HOST@SHA, probe=TEXT");
