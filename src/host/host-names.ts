import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { digestHex, digestOf, writeFileAtomic } from '../foundation/index.ts';

/** What sandboxes call themselves. */
export const SANDBOX_HOST_NAME = 'tspack';

/**
 * The host's `/etc/hosts` with the sandbox's own name in it, which programs ask for: Java's `InetAddress.getLocalHost()`
 * fails otherwise. Returns a file in the cache, named after its content; undefined when the host has none.
 */
export function writeHostNames(cacheDirectory: string, hostsFile = '/etc/hosts'): string | undefined {
  if (!existsSync(hostsFile)) return undefined;
  const text = `${readFileSync(hostsFile, 'utf8').trimEnd()}\n127.0.1.1\t${SANDBOX_HOST_NAME}\n`;
  const path = join(cacheDirectory, `hosts-${digestHex(digestOf(Buffer.from(text))).slice(0, 16)}`);
  if (!existsSync(path)) writeFileAtomic(path, text, 0o644);
  return path;
}
