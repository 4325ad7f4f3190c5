import { rootDirectory, rootLink } from '../root-tree.ts';
import type { RootEntry } from '../root-tree.ts';
import type { FixUp } from './fix-up.ts';

/** Empty directories that something is mounted over or written to, and the links of old names to them. */
export const makeMountPoints: FixUp = ({ user }) => [
  ...[
    '/boot',
    '/dev',
    '/home',
    '/mnt',
    '/opt',
    '/proc',
    '/run',
    '/srv',
    '/sys',
    '/usr/local',
    '/usr/local/bin',
    '/usr/local/lib',
    '/usr/local/sbin',
    '/var/cache',
    '/var/log',
    '/var/lib',
  ].map((path) => rootDirectory(path)),
  rootDirectory('/root', 0o700),
  rootDirectory('/run/lock', 0o1777),
  rootDirectory('/tmp', 0o1777),
  rootDirectory('/var/tmp', 0o1777),
  rootLink('/var/run', '../run'),
  rootLink('/var/lock', '../run/lock'),
  ...(user === undefined ? [] : [rootDirectory('/cnb'), rootDirectory('/platform'), ...['/layers', '/workspace', `/home/${user.name}`].map(ownDirectory)]),
];

function ownDirectory(path: string): RootEntry {
  return { path, type: 'directory', mode: 0o755, owner: 'user' };
}
