import { expect, test } from "bun:test";
import { join } from "node:path";
import { operationsPage } from "../../scripts/operations-page.ts";

test("the reference page is what the operations say; after a change run scripts/docs.ts", async () => {
  const page = await Bun.file(join(import.meta.dir, "../../docs/reference/operations.md")).text();
  expect(page).toBe(await operationsPage());
});
