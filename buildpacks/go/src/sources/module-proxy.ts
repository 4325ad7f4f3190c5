import { chmodSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { BuildContext } from '../../../../src/sdk/index.ts';
import { toolchainFailed, versionsUnknown } from '../errors.ts';
import { runGo, type GoCommand } from '../go-command.ts';
import { buildArchitecture, type GoSource } from './go-source.ts';

/** Nothing of the application counts when the toolchain itself is fetched; it is for the machine that builds. */
const OUTSIDE = { GOWORK: 'off', GOFLAGS: '-modcacherw', GOOS: '', GOARCH: '' };

/**
 * The modules `golang.org/toolchain` (https://go.dev/doc/toolchain#download). A `go` fetches them from the user's GOPROXY and checks them by the
 * checksum database as it does for every module, so that GOPROXY, GOSUMDB, GONOSUMDB and netrc count here too.
 */
export function moduleProxy(context: BuildContext, fetchingGo: () => Promise<GoCommand>): GoSource {
  return {
    name: 'proxy',
    async offered() {
      const result = await runGo(context, await fetchingGo(), ['list', '-m', '-versions', 'go'], { cwd: '/', env: OUTSIDE, quiet: true });
      if (result.exitCode !== 0) throw versionsUnknown(result);
      return result.stdout.trim().split(/\s+/).slice(1);
    },
    find: (version) =>
      Promise.resolve({
        async install(directory) {
          const module = `golang.org/toolchain@v0.0.1-go${version}.linux-${buildArchitecture()}`;
          const result = await runGo(context, await fetchingGo(), ['mod', 'download', '-json', module], { cwd: '/', env: OUTSIDE, quiet: true });
          if (result.exitCode !== 0) throw toolchainFailed(version, result);
          const { Dir } = JSON.parse(result.stdout) as { readonly Dir: string };
          rmSync(directory, { recursive: true, force: true });
          renameSync(Dir, directory);
          allowPrograms(directory);
        },
      }),
  };
}

/** Module archives know no modes: `go` too makes its programs executable after it has fetched them. */
function allowPrograms(directory: string): void {
  for (const folder of ['bin', 'pkg/tool']) {
    for (const entry of readdirSync(join(directory, folder), { recursive: true, withFileTypes: true }))
      if (entry.isFile()) chmodSync(join(entry.parentPath, entry.name), 0o755);
  }
}
