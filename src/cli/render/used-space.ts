import type { UsedSpace } from '../../index.ts';
import { formatAgo } from './ago.ts';
import { formatBytes } from './measure.ts';
import { visible } from './untrusted.ts';

/** What takes space, as rows of a table with a header. */
export function spaceRows(items: readonly UsedSpace[], now: Date): readonly (readonly string[])[] {
  const rows = items.map(({ id, reclaimable, sizeBytes, lastUsed, description }) => [
    visible(id),
    String(reclaimable),
    formatBytes(sizeBytes),
    formatAgo(lastUsed, now),
    visible(description),
  ]);
  return [['ID', 'RECLAIMABLE', 'SIZE', 'LAST USED', 'DESCRIPTION'], ...rows];
}
