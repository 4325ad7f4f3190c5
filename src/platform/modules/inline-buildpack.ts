import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseBuildpackId, requireBuildpackApi } from '../../cnb/index.ts';
import { digestHex, digestOf, formatToml, markUsed, removeTree } from '../../foundation/index.ts';
import { fillOnce } from '../../oci/index.ts';
import { createWorkDirectory } from '../../store/index.ts';
import type { Home } from '../../store/index.ts';
import type { ModuleSource } from '../ports.ts';
import type { ModuleFolder } from './module-folder.ts';

const DEFAULT_VERSION = '0.0.0';

/**
 * The buildpack that a script of project.toml is (CNB.md C205): it always wants to take part, and its bin/build is the
 * script. Written once for each content. Throws `BUILDPACK_API_UNSUPPORTED`.
 */
export async function writeInlineBuildpack(source: Extract<ModuleSource, { kind: 'inline' }>, home: Home): Promise<ModuleFolder> {
  const { id, version = DEFAULT_VERSION, api, shell, script } = source;
  requireBuildpackApi(api, `${id}@${version}`);
  const files = {
    'buildpack.toml': formatToml({ api, buildpack: { id, version } }),
    'bin/detect': `#!${shell}\n\nexit 0\n`,
    'bin/build': `#!${shell}\n\n${script}\n`,
  };
  const directory = join(home.cache, 'inline', digestHex(digestOf(JSON.stringify(files))));
  const folder: ModuleFolder = { kind: 'buildpack', reference: { id: parseBuildpackId(id), version }, directory };
  if (markUsed(directory)) return folder;
  const workDirectory = createWorkDirectory(home);
  try {
    await fillOnce(directory, workDirectory, async (temporary) => {
      await mkdir(join(temporary, 'bin'), { recursive: true });
      for (const [name, text] of Object.entries(files)) {
        await writeFile(join(temporary, name), text);
        await chmod(join(temporary, name), name.startsWith('bin/') ? 0o755 : 0o644);
      }
    });
    return folder;
  } finally {
    removeTree(workDirectory);
  }
}
