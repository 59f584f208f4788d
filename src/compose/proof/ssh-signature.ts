import { createHash, createPublicKey, verify } from "node:crypto";

/** What signatures of ours are for: one that was made for another purpose proves nothing here. */
export const NAMESPACE = "sluice";

const MAGIC = Buffer.from("SSHSIG");
/** With the version. */
const HEAD = Buffer.concat([MAGIC, Buffer.from([0, 0, 0, 1])]);
/** Flag of a security key's signature: somebody touched it. */
const TOUCHED = 1;

const KEYS = ["ssh-ed25519", "sk-ssh-ed25519@openssh.com", "sk-ecdsa-sha2-nistp256@openssh.com"] as const;
export const KEY_FORMS = KEYS.join(", ");

/** A public key in OpenSSH's form, read from a line of a `.pub` file. */
export interface PublicKey {
  readonly kind: (typeof KEYS)[number];
  readonly blob: Buffer;
}

/** The key of a line such as `ssh-ed25519 AAAA… ada@host`; undefined of any other line, and of a key whose signatures are not read here. */
export function readPublicKey(line: string): PublicKey | undefined {
  const [name, base64 = ""] = line.trim().split(/\s+/);
  const blob = Buffer.from(base64, "base64");
  const kind = KEYS.find((one) => one === name);
  return kind !== undefined && fieldsOf(blob)[0]?.toString() === kind ? { kind, blob } : undefined;
}

/** Whether such a key lies on a device that somebody has to touch. */
export const isTouched = ({ kind }: PublicKey): boolean => kind.startsWith("sk-");

/**
 * Whether `ssh-keygen -Y sign` made this with the key, for this message; of a key on a device, after a touch. In this process, since a
 * program would be found by the caller's `PATH`. The form: PROTOCOL.sshsig and PROTOCOL.u2f of OpenSSH.
 */
export function isSignedBy({ kind, blob }: PublicKey, armored: string, message: Buffer): boolean {
  const base64 = /^-----BEGIN SSH SIGNATURE-----\n([^-]*)-----END SSH SIGNATURE-----/.exec(armored)?.[1];
  const whole = Buffer.from(base64 ?? "", "base64");
  if (!whole.subarray(0, HEAD.length).equals(HEAD)) return false;
  const [key, namespace, reserved, hash, signature] = fieldsOf(whole.subarray(HEAD.length));
  if (key === undefined || reserved === undefined || signature === undefined) return false;
  if (!key.equals(blob) || namespace?.toString() !== NAMESPACE || hash?.toString() !== "sha512") return false;
  const digest = createHash("sha512").update(message).digest();
  const signed = Buffer.concat([MAGIC, ...[namespace, reserved, hash, digest].map(fieldOf)]);
  return isValid({ kind, blob }, signature, signed);
}

function isValid({ kind, blob }: PublicKey, signature: Buffer, signed: Buffer): boolean {
  const [, first = Buffer.alloc(0), second = Buffer.alloc(0), third = Buffer.alloc(0)] = fieldsOf(blob);
  const [name, value = Buffer.alloc(0)] = fieldsOf(signature);
  if (name?.toString() !== kind) return false;
  if (kind === "ssh-ed25519") return verify(null, signed, edwards(first), value);
  const application = kind === "sk-ssh-ed25519@openssh.com" ? second : third;
  // One byte of flags and four of a counter, which the device signs with the digests.
  const told = signature.subarray(-5);
  if (((told[0] ?? 0) & TOUCHED) === 0) return false;
  const message = Buffer.concat([sha256(application), told, sha256(signed)]);
  if (kind === "sk-ssh-ed25519@openssh.com") return verify(null, message, edwards(first), value);
  const points = Buffer.concat(fieldsOf(value).map(number32));
  const jwk = {
    kty: "EC",
    crv: "P-256",
    x: base64url(second.subarray(1, 33)),
    y: base64url(second.subarray(33)),
  };
  const point = createPublicKey({ key: jwk, format: "jwk" });
  return verify("sha256", message, { key: point, dsaEncoding: "ieee-p1363" }, points);
}

const base64url = (bytes: Buffer): string => bytes.toString("base64url");
const sha256 = (bytes: Buffer): Buffer => createHash("sha256").update(bytes).digest();
const edwards = (bytes: Buffer) =>
  createPublicKey({ key: { kty: "OKP", crv: "Ed25519", x: base64url(bytes) }, format: "jwk" });

/** A number of arbitrary length as 32 bytes. */
const number32 = (bytes: Buffer): Buffer => Buffer.concat([Buffer.alloc(32), bytes]).subarray(-32);

const fieldOf = (bytes: Buffer): Buffer => {
  const length = Buffer.alloc(4);
  length.writeUInt32BE(bytes.length);
  return Buffer.concat([length, bytes]);
};

/** Fields that each begin with their length, as far as there are whole ones. */
function fieldsOf(bytes: Buffer): readonly Buffer[] {
  const fields: Buffer[] = [];
  for (let at = 0; at + 4 <= bytes.length;) {
    const end = at + 4 + bytes.readUInt32BE(at);
    if (end > bytes.length) break;
    fields.push(bytes.subarray(at + 4, end));
    at = end;
  }
  return fields;
}
