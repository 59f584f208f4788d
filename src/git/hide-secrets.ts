/** Masks the user part of addresses (`https://user:token@host` → `https://***@host`) and drops control characters. */
export function hideSecrets(text: string): string {
  return text.replace(/(:\/\/)[^@/\s]+@/g, "$1***@").replace(/[\p{Cc}--[\n\t]]/gv, "");
}
