import { mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { installDebianPackages, type BuildContext } from '../../../src/sdk/index.ts';

/** Puts a `go` into the folder that can fetch others, and returns the path of the program. */
export type InstallBootstrap = (context: BuildContext, directory: string) => Promise<string>;

/** Debian's `go`, of which only the program and its settings are unpacked: it knows the default GOPROXY and the keys of the checksum database. */
export const installDebianGo: InstallBootstrap = async (context, directory) => {
  context.log.line("Unpacking Debian's go, which fetches the toolchain");
  await installDebianPackages(context, {
    suite: 'trixie',
    set: 'go',
    directory,
    rules: { drop: ['**'], keep: ['usr/lib/go-*/bin/go', 'usr/lib/go-*/go.env', 'usr/lib/go-*/VERSION'] },
  });
  const [name] = readdirSync(join(directory, 'usr/lib')).filter((entry) => entry.startsWith('go-'));
  const root = join(directory, 'usr/lib', name!);
  // By this folder, which is empty here, `go` knows its own root.
  mkdirSync(join(root, 'pkg/tool'), { recursive: true });
  return join(root, 'bin/go');
};
