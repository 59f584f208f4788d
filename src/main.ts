import { version } from "#package.json" with { type: "json" };

// A script asks for the version before anything else: it gets the answer without the rest of the program being loaded.
const [first, ...others] = process.argv.slice(2);
if (first === "--version" && others.length === 0) await Bun.write(Bun.stdout, `${version}\n`);
else process.exit(await (await import("#compose/run-program.ts")).runProgram(version));
