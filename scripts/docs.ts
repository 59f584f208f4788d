import { withAttempts } from "./attempts-tables.ts";
import { commandTableText } from "./make-command-table.ts";
import { operationsPage } from "./operations-page.ts";
import { ROOT } from "./run-program.ts";

await Bun.write(`${ROOT}/docs/reference/operations.md`, await operationsPage());
await Bun.write(`${ROOT}/src/cli/command-table.ts`, await commandTableText());

const security = Bun.file(`${ROOT}/SECURITY.md`);
await Bun.write(security, withAttempts(await security.text()));
