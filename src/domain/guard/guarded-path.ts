import { matchesPattern } from "#domain/schedule/path-overlap.ts";

/** A pattern of files, or of some keys in such a file: `**` + `/package.json#scripts,jest`. */
export interface GuardedPath {
  /** As it is stored and shown. */
  readonly text: string;
  readonly pattern: string;
  /** Dotted names at which the file's values count; undefined: all of the file. */
  readonly keys: readonly string[] | undefined;
}

/** Files whose values can be told by key. */
const KEYED = /^(.+\.(?:json|toml))#([^#/]+)$/;

export function parseGuardedPath(text: string): GuardedPath {
  const [, pattern = text, keys] = KEYED.exec(text) ?? [];
  return { text, pattern, keys: keys?.split(",") };
}

/** The words that stand for what a repository is found to hold, and for nothing. */
export const [FOUND, NONE] = ["found", "none"] as const;

interface KnownGuard {
  readonly paths: readonly string[];
  /** Whose documentation says that these files decide what is tested, built or run. */
  readonly source: string;
}

/** Where tests are, by the tools that look for them there. */
const TESTS: readonly KnownGuard[] = [
  { source: "Vitest and Jest, files that are tests", paths: ["**/*.test.*", "**/*.spec.*", "**/__tests__/"] },
  { source: "Jest and Vitest, snapshots", paths: ["**/__snapshots__/"] },
  { source: "pytest, test discovery", paths: ["**/test_*.py", "**/*_test.py", "**/conftest.py"] },
  { source: "go help test", paths: ["**/*_test.go", "**/testdata/"] },
  { source: "Cargo, package layout; customary elsewhere", paths: ["**/tests/"] },
  { source: "Node.js test runner, dart test; customary elsewhere", paths: ["**/test/"] },
  { source: "Maven and Gradle, standard folders", paths: ["**/src/test/"] },
  { source: "RSpec and Rails", paths: ["**/*_spec.rb", "**/*_test.rb"] },
  { source: "PHPUnit, file names", paths: ["**/*Test.php"] },
  { source: "ExUnit and dart test", paths: ["**/*_test.exs", "**/*_test.dart"] },
  { source: "Swift Package Manager, targets", paths: ["Tests/"] },
  { source: ".NET, test projects", paths: ["**/*.Test/", "**/*.Tests/", "**/*.UnitTests/"] },
];

/** What runs in CI, in a build, at a commit, or when a tool opens the folder. */
const PROTECTED: readonly KnownGuard[] = [
  { source: "GitHub Actions", paths: [".github/workflows/", ".github/actions/"] },
  { source: "Gitea and Forgejo Actions", paths: [".gitea/workflows/", ".forgejo/workflows/"] },
  { source: "GitLab CI", paths: [".gitlab-ci.yml", ".gitlab/ci/"] },
  { source: "CircleCI, Buildkite, Woodpecker", paths: [".circleci/", ".buildkite/", ".woodpecker/"] },
  {
    source: "Travis, Azure, Bitbucket, Cirrus, Drone, AppVeyor",
    paths: [
      ".travis.yml",
      "azure-pipelines.yml",
      "bitbucket-pipelines.yml",
      ".cirrus.yml",
      ".drone.yml",
      "appveyor.yml",
    ],
  },
  { source: "Jenkins, TeamCity", paths: ["Jenkinsfile", ".teamcity/"] },
  {
    source: "npm, scripts; Jest, Mocha and hooks in package.json",
    paths: ["**/package.json#scripts,jest,mocha,ava,husky,lint-staged,simple-git-hooks"],
  },
  { source: "npm, configuration", paths: ["**/.npmrc"] },
  {
    source: "Vitest, Jest, Playwright, Cypress, Vite, Karma, Mocha",
    paths: ["**/{vitest,jest,playwright,cypress,vite,karma}.config.*", "**/.mocharc.*"],
  },
  { source: "Deno, tasks; Composer, scripts", paths: ["**/deno.json#tasks", "**/composer.json#scripts"] },
  {
    source: "PEP 518, pytest, tox, Hatch, PDM, Poe",
    paths: ["**/pyproject.toml#build-system,tool.pytest,tool.tox,tool.hatch,tool.pdm.scripts,tool.poe"],
  },
  {
    source: "pytest, tox, nox, setuptools",
    paths: ["**/pytest.ini", "**/tox.ini", "**/noxfile.py", "**/setup.py", "**/setup.cfg"],
  },
  {
    source: "Cargo, build scripts and configuration",
    paths: ["**/build.rs", "**/.cargo/config.toml", "**/Cargo.toml#package.build,profile,test,bench"],
  },
  {
    source: "GNU make, just, Task, Rake",
    paths: ["**/Makefile", "**/GNUmakefile", "**/justfile", "**/Taskfile.{yml,yaml}", "**/Rakefile"],
  },
  {
    source: "CMake, Meson, Bazel",
    paths: ["**/CMakeLists.txt", "**/meson.build", "**/{BUILD,MODULE}.bazel"],
  },
  {
    source: "Gradle, builds and wrapper",
    paths: ["**/*.gradle", "**/*.gradle.kts", "**/gradle/wrapper/", "**/gradlew"],
  },
  { source: "Maven, project and wrapper", paths: ["**/pom.xml", "**/.mvn/", "**/mvnw"] },
  { source: "MSBuild, Mix, PHPUnit", paths: ["**/Directory.Build.*", "**/mix.exs", "**/phpunit.xml*"] },
  {
    source: "Husky, Lefthook, pre-commit",
    paths: [".husky/", "{.,}lefthook.yml", ".pre-commit-config.yaml"],
  },
  { source: "gitattributes, githooks", paths: ["**/.gitattributes", ".githooks/"] },
  {
    source: "direnv, dev containers, VS Code tasks",
    paths: [".envrc", ".devcontainer/", ".vscode/tasks.json"],
  },
  {
    source: "Claude Code and Codex, settings and tools",
    paths: [".claude/settings*.json", ".mcp.json", ".codex/"],
  },
];

/** Paths of the tables that name one of the given files. */
export function findGuardedPaths(files: readonly string[]): {
  readonly testPaths: readonly string[];
  readonly protectedPaths: readonly string[];
} {
  const names = (known: readonly KnownGuard[]) =>
    known.flatMap(({ paths }) => paths.filter((text) => holds(files, parseGuardedPath(text).pattern)));
  return { testPaths: names(TESTS), protectedPaths: names(PROTECTED) };
}

/** A large repository has more files than can be matched one by one: only those that hold what the pattern says literally. */
function holds(files: readonly string[], pattern: string): boolean {
  const literals = pattern
    .replaceAll(/\{[^}]*\}/g, "*")
    .split("*")
    .map((part) => part.replace(/^\//, ""));
  const longest = literals.reduce((a, b) => (b.length > a.length ? b : a), "");
  return files.some((path) => path.includes(longest) && matchesPattern(pattern, path));
}

/** Whether two versions of a file differ where a guarded path looks. @param values undefined where there is no such version */
export function differsAt(keys: readonly string[], before: unknown, after: unknown): boolean {
  return keys.some((key) => JSON.stringify(at(before, key)) !== JSON.stringify(at(after, key)));
}

function at(value: unknown, key: string): unknown {
  let found = value;
  for (const name of key.split(".")) {
    if (typeof found !== "object" || found === null || !Object.hasOwn(found, name)) return undefined;
    found = (found as Readonly<Record<string, unknown>>)[name];
  }
  return found;
}
