import { createHash } from 'node:crypto';

/** A UUID of version 8 (RFC 9562: free form) made from content, so that equal documents have equal serial numbers. */
export function uuidOf(content: string): string {
  const hex = createHash('sha256').update(content).digest('hex');
  const variant = ((Number.parseInt(hex.charAt(16), 16) & 0x3) | 0x8).toString(16);
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-8${hex.slice(13, 16)}-${variant}${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}

/** Sixteen hexadecimal digits that tell `id` from others. */
export function shortIdOf(id: string): string {
  return createHash('sha256').update(id).digest('hex').slice(0, 16);
}
