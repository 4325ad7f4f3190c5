import { rootFile, rootLink } from '../root-tree.ts';
import type { FixUp } from './fix-up.ts';

/** As libc-bin's and base-files' installation leave it, without services that need more packages. */
const NSSWITCH = `passwd:         files
group:          files
shadow:         files
gshadow:        files

hosts:          files dns
networks:       files

protocols:      db files
services:       db files
ethers:         db files
rpc:            db files
`;

const HOSTS = `127.0.0.1\tlocalhost
::1\tlocalhost ip6-localhost ip6-loopback
ff02::1\tip6-allnodes
ff02::2\tip6-allrouters
`;

/**
 * Name service and what an installer would ask for. resolv.conf and hostname are empty and there, because container
 * runtimes and the sandbox mount the host's over them.
 */
export const writeHostFiles: FixUp = ({ tree }) => [
  rootFile('/etc/nsswitch.conf', NSSWITCH),
  rootFile('/etc/hosts', HOSTS),
  rootFile('/etc/resolv.conf', ''),
  rootFile('/etc/hostname', ''),
  rootLink('/etc/mtab', '../proc/self/mounts'),
  ...(tree.has('/usr/share/zoneinfo/Etc/UTC')
    ? [rootLink('/etc/localtime', '../usr/share/zoneinfo/Etc/UTC', 'tzdata'), rootFile('/etc/timezone', 'Etc/UTC\n', 'tzdata')]
    : []),
];
