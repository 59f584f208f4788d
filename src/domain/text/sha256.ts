/** sha256 of bytes, or of a text's UTF-8 bytes, 64 lower-case hex digits. */
export async function sha256(text: string | Uint8Array): Promise<string> {
  const digest = await crypto.subtle.digest(
    "SHA-256",
    typeof text === "string" ? new TextEncoder().encode(text) : new Uint8Array(text),
  );
  return Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, "0")).join("");
}
