import { scriptUnknown } from './errors.ts';
import type { Manifest } from './manifest.ts';

/** Scripts that run while building: those that `BP_NODE_RUN_SCRIPTS` lists with commas, else `build` where there is one. Throws `NODE_SCRIPT_UNKNOWN`. */
export function buildScripts(manifest: Manifest, env: Readonly<Record<string, string>>): readonly string[] {
  const listed = env['BP_NODE_RUN_SCRIPTS'];
  if (listed === undefined) return manifest.scripts['build'] === undefined ? [] : ['build'];
  const names = listed
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '');
  const unknown = names.find((name) => manifest.scripts[name] === undefined);
  if (unknown !== undefined) throw scriptUnknown(unknown, Object.keys(manifest.scripts));
  return names;
}
