/** How many of something: `1 lease`, `2 leases`. Of words whose plural ends in s. */
export const counted = (count: number, word: string): string => `${count} ${word}${count === 1 ? "" : "s"}`;
