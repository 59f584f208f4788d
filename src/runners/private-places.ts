import type { RunnerName } from "#operations/ports/runner-spec.ts";

interface PrivatePlaces {
  /** Below the account's home, or absolute. */
  readonly paths: readonly string[];
  /** Where it is said that they hold secrets. */
  readonly source: string;
  /** What a secret in them looks like; absent: they are secret whatever they hold. */
  readonly holds?: RegExp;
}

/** A token or a password in a tool's settings, which otherwise say where packages come from. */
const TOKEN = /_auth|_password|authToken|:\/\/[^/\s:@]+:[^/\s@]+@/i;

/** What gives power over other machines, accounts and services: no run sees it. */
export const PRIVATE_PLACES: readonly PrivatePlaces[] = [
  { paths: [".ssh", ".rhosts", ".shosts"], source: "ssh(1)" },
  { paths: [".gnupg"], source: "gpg(1)" },
  { paths: [".netrc", "_netrc", ".authinfo", ".authinfo.gpg"], source: "curl(1), Emacs auth-source" },
  { paths: [".git-credentials", ".config/git/credentials"], source: "git-credential-store(1)" },
  { paths: [".config/gh", ".config/hub", ".config/glab-cli", ".config/tea"], source: "gh, hub, glab, tea" },
  { paths: [".aws", ".boto"], source: "AWS CLI: configuration and credential files" },
  { paths: [".config/gcloud"], source: "gcloud: application default credentials" },
  { paths: [".azure"], source: "Azure CLI: MSAL token cache" },
  { paths: [".oci", ".aliyun", ".bluemix", ".config/doctl", ".config/hcloud"], source: "their CLIs' guides" },
  { paths: [".config/linode-cli", ".config/scw", ".s3cfg", ".config/s3cmd"], source: "their CLIs' guides" },
  { paths: [".config/rclone", ".rclone.conf"], source: "rclone config file" },
  { paths: [".kube", ".minikube"], source: "kubectl: kubeconfig files" },
  { paths: ["/var/snap/lxd/common/lxd", "/var/lib/lxd", "/var/lib/incus"], source: "sockets of lxd, incus" },
  { paths: [".docker", ".config/containers/auth.json"], source: "docker login, containers-auth.json(5)" },
  { paths: [".terraform.d/credentials.tfrc.json", ".terraformrc"], source: "Terraform CLI configuration" },
  {
    paths: [".pulumi/credentials.json", ".vault-token", ".config/op", ".1password"],
    source: "Pulumi, Vault, 1Password",
  },
  {
    paths: [".fly", ".netlify", ".config/netlify", ".vercel", ".local/share/com.vercel.cli"],
    source: "CLIs",
  },
  { paths: [".config/configstore", ".config/heroku", ".wrangler", ".config/.wrangler"], source: "CLIs" },
  { paths: [".npmrc", ".config/npm/npmrc"], source: "npm: npmrc, auth related configuration", holds: TOKEN },
  { paths: [".yarnrc", ".yarnrc.yml", ".bunfig.toml"], source: "npmAuthToken, install.scopes", holds: TOKEN },
  { paths: [".config/pip/pip.conf", ".pip/pip.conf"], source: "pip: authentication", holds: TOKEN },
  { paths: [".pypirc", ".config/pypoetry", ".gem/credentials", ".config/rubygems"], source: "twine, gem" },
  { paths: [".cargo/credentials", ".cargo/credentials.toml"], source: "The Cargo Book: credentials" },
  { paths: [".m2/settings.xml", ".m2/settings-security.xml"], source: "Maven settings" },
  { paths: [".gradle/gradle.properties", ".sbt/.credentials", ".composer/auth.json"], source: "Gradle, sbt" },
  { paths: [".pgpass", ".my.cnf", ".mylogin.cnf", ".dbshell"], source: "libpq, MySQL option files" },
  {
    paths: [".psql_history", ".mysql_history", ".python_history"],
    source: "their shells keep what was typed",
  },
  { paths: [".bash_history", ".zsh_history", ".history", ".local/share/fish"], source: "shells' histories" },
  { paths: [".password-store", ".local/share/gopass", ".config/gopass"], source: "pass(1), gopass" },
  { paths: [".config/Bitwarden", ".config/Bitwarden CLI", ".config/1Password"], source: "password managers" },
  { paths: [".config/KeePassXC", ".cache/keepassxc", ".config/keybase"], source: "password managers" },
  {
    paths: [".local/share/keyrings", ".gnome2/keyrings", ".kde", ".local/share/kwalletd"],
    source: "keyrings",
  },
  {
    paths: ["Library/Keychains", ".pki", ".step", ".config/age", ".config/sops"],
    source: "keys of NSS, age",
  },
  { paths: [".mozilla", ".thunderbird", ".config/mozilla"], source: "Firefox: profiles" },
  {
    paths: [".config/google-chrome", ".config/chromium", ".config/microsoft-edge"],
    source: "Chromium: user data",
  },
  { paths: [".config/BraveSoftware", ".config/vivaldi", ".config/opera"], source: "Chromium: user data" },
  { paths: ["snap/firefox", "snap/chromium", ".var/app"], source: "snap and flatpak data" },
  {
    paths: [".config/Signal", ".config/Slack", ".config/discord", ".local/share/TelegramDesktop"],
    source: "sessions",
  },
  { paths: ["/etc/shadow", "/etc/shadow-", "/etc/gshadow", "/etc/gshadow-"], source: "shadow(5)" },
  { paths: ["/etc/ssh", "/etc/ssl/private", "/etc/NetworkManager/system-connections"], source: "sshd(8)" },
  { paths: [".Xauthority", ".ICEauthority", ".dbus"], source: "xauth(1)" },
  { paths: [".claude", ".claude.json", ".codex", ".gemini", ".grok"], source: "sign-in of agent programs" },
  { paths: [".local/share/opencode", ".config/opencode"], source: "sign-in of agent programs" },
  { paths: [".cursor", ".config/goose", ".qwen", ".config/crush"], source: "sign-in of agent programs" },
  {
    paths: [".config/github-copilot", ".copilot", ".codeium", ".continue"],
    source: "sign-in of agent programs",
  },
];

/** Folders below the home in which tools keep what they fetched; each project has its own. */
export const TOOL_CACHES: readonly string[] = [
  ".cache",
  ".npm",
  ".bun/install/cache",
  ".yarn/berry",
  ".local/share/pnpm",
  ".cargo/registry",
  ".cargo/git",
  "go/pkg",
  ".gradle/caches",
  ".gradle/wrapper",
  ".m2/repository",
  ".ivy2",
  ".nuget/packages",
  ".pub-cache",
  ".gem/ruby",
];

/** A place where an agent program keeps its sessions, its sign-in or its settings. */
interface OwnPlace {
  /** Below the account's home. */
  readonly home: string;
  /** The variable that names another. */
  readonly variable?: string;
  /** Only where this variable is set: a way to sign in that the person chose. */
  readonly when?: string;
  /** Names in it of what could make the program start others when a person uses it; `all`: nothing in it is the run's to change. */
  readonly kept: readonly string[] | "all";
}

/** By the kind of the runner; a program of the operator's own may start any of them. */
export const OWN_PLACES: Readonly<Record<Exclude<RunnerName, "command">, readonly OwnPlace[]>> = {
  "claude-code": [
    {
      home: ".claude",
      variable: "CLAUDE_CONFIG_DIR",
      kept: ["settings.json", "settings.local.json", "CLAUDE.md", "agents", "commands", "plugins", "skills"],
    },
    { home: ".claude.json", kept: "all" },
    { home: ".aws", when: "CLAUDE_CODE_USE_BEDROCK", kept: "all" },
    { home: ".config/gcloud", when: "CLAUDE_CODE_USE_VERTEX", kept: "all" },
  ],
  codex: [
    {
      home: ".codex",
      variable: "CODEX_HOME",
      kept: ["config.toml", "hooks.json", "AGENTS.md", "prompts", "rules"],
    },
  ],
  opencode: [
    { home: ".local/share/opencode", kept: ["bin", "plugin"] },
    { home: ".local/state/opencode", kept: [] },
    // At each start it writes what its plugins are made with there.
    {
      home: ".config/opencode",
      kept: "opencode.json opencode.jsonc AGENTS.md agent agents command commands plugin plugins tool tools".split(
        " ",
      ),
    },
  ],
  gemini: [
    { home: ".gemini", kept: ["settings.json", "GEMINI.md", "commands", "extensions", "hooks"] },
    { home: ".config/gcloud", when: "GOOGLE_GENAI_USE_VERTEXAI", kept: "all" },
  ],
  grok: [
    {
      home: ".grok",
      variable: "GROK_HOME",
      kept: ["config.toml", "settings.json", "agents", "skills", "hooks"],
    },
  ],
};
