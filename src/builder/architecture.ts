import type { Architecture } from './builder-file.ts';

/** Where Debian's multiarch puts libraries, and the dynamic loader that the kernel looks for. */
export interface ArchitecturePaths {
  /** `x86_64-linux-gnu` */
  readonly triplet: string;
  /** The loader below the image root, not through a link. */
  readonly loader: string;
  /** Links and directories at the root that point below /usr. */
  readonly mergedDirectories: readonly string[];
  /** What npm calls the architecture, in `node-linux-<arch>`. */
  readonly npm: string;
}

export const ARCHITECTURE_PATHS: Readonly<Record<Architecture, ArchitecturePaths>> = {
  amd64: {
    triplet: 'x86_64-linux-gnu',
    loader: '/usr/lib/x86_64-linux-gnu/ld-linux-x86-64.so.2',
    mergedDirectories: ['bin', 'lib', 'lib64', 'sbin'],
    npm: 'x64',
  },
  arm64: {
    triplet: 'aarch64-linux-gnu',
    loader: '/usr/lib/aarch64-linux-gnu/ld-linux-aarch64.so.1',
    mergedDirectories: ['bin', 'lib', 'sbin'],
    npm: 'arm64',
  },
};
