import { createHash } from 'node:crypto';
import { spawn } from 'node:child_process';
import { posix } from 'node:path';
import { readTar } from '../../src/archive/index.ts';
import { command } from './apt-extension.ts';

/** What a container has of its own, and what pretends to be a file there. */
const OWN = /^(?:\.dockerenv|(?:proc|sys|dev)\/.*|etc\/(?:hosts|hostname|resolv\.conf|mtab))$/;

/** Every file of an image of Docker, as `type mode uid:gid [link or SHA-256]` by path; hard links are the files that they are. */
export async function listImageFiles(image: string): Promise<ReadonlyMap<string, string>> {
  const container = command('docker', 'create', image, 'true').trim();
  try {
    const exporting = spawn('docker', ['export', container], { stdio: ['ignore', 'pipe', 'inherit'] });
    const files = new Map<string, string>();
    for await (const { path: name, type, mode, uid, gid, linkTarget, content } of readTar(exporting.stdout)) {
      const path = posix.normalize(`/${name}`).slice(1).replace(/\/$/, '');
      if (path === '' || OWN.test(path)) continue;
      const what = type === 'symlink' ? (linkTarget ?? '') : type === 'file' ? await sha256(content) : '';
      const known = type === 'link' ? files.get(posix.normalize(`/${linkTarget ?? ''}`).slice(1)) : undefined;
      files.set(path, known ?? `${type} ${mode.toString(8)} ${uid}:${gid} ${what}`);
    }
    return files;
  } finally {
    command('docker', 'rm', container);
  }
}

async function sha256(content: AsyncIterable<Uint8Array>): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of content) hash.update(chunk);
  return hash.digest('hex');
}
