import { operationsPage } from "./operations-page.ts";

await Bun.write(new URL("../docs/reference/operations.md", import.meta.url).pathname, await operationsPage());
