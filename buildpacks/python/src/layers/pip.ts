import { readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { debianPackagesKey, extractArchive, installDebianPackages, type BuildContext } from '../../../../src/sdk/index.ts';
import { compileModules } from '../compile-modules.ts';
import type { Python } from '../python.ts';
import type { Tools } from '../run-pip.ts';

const PACKAGES = { suite: 'trixie-build', set: 'pip' };

/** Puts pip, as Debian packages it, into the layer `pip` and makes a place for its cache; neither is in the image. */
export async function installPip(context: BuildContext, python: Python): Promise<Tools> {
  const outcome = await context.layer({
    name: 'pip',
    types: { cache: true },
    inputs: [
      { name: "pip's package", value: debianPackagesKey(context, PACKAGES) },
      { name: 'Python version', value: python.version, readable: true },
      { name: 'layer format', value: '1' },
    ],
    create: async (layer) => {
      const unpacked = join(layer.path, 'package');
      await installDebianPackages(context, { ...PACKAGES, directory: unpacked });
      const wheels = join(unpacked, 'usr/share/python-wheels');
      const wheel = readdirSync(wheels).find((name) => /^pip-.*\.whl$/.test(name));
      if (wheel === undefined) throw new Error(`no pip among ${readdirSync(wheels).join(', ')}`);
      const directory = join(layer.path, 'lib');
      await extractArchive({ file: join(wheels, wheel), directory });
      rmSync(unpacked, { recursive: true });
      await compileModules(context, python, directory);
      return { version: /^pip-([^-]+)-/.exec(wheel)![1]! };
    },
  });
  const cache = await context.layer({ name: 'pip-cache', title: "pip's cache", types: { cache: true }, inputs: [], create: () => ({}) });
  return { python, pip: { version: outcome.data.version, directory: join(outcome.layer.path, 'lib/pip') }, cacheDirectory: cache.layer.path };
}
