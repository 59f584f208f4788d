import { z } from "zod";

/** What `isoTime` writes. */
export const IsoTime = z.iso.datetime();
