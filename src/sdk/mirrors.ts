import type { Binding } from './bindings.ts';

/** Host name, or `default`, to the address that stands for it. */
export type MirrorMap = ReadonlyMap<string, string>;

/** The mirrors that bindings and environment name. */
export function readMirrors(env: Readonly<Record<string, string>>, bindings: readonly Binding[]): MirrorMap {
  const mirrors = new Map<string, string>();
  for (const binding of bindings.filter(({ type }) => type === 'dependency-mirror')) {
    for (const key of binding.keys) {
      if (key !== 'type' && key !== 'provider') mirrors.set(key.toLowerCase(), binding.read(key)!.trim());
    }
  }
  for (const [name, value] of Object.entries(env)) {
    if (name === 'TSPACK_MIRROR') mirrors.set('default', value.trim());
    else if (name.startsWith('TSPACK_MIRROR_'))
      mirrors.set(name.slice('TSPACK_MIRROR_'.length).replaceAll('__', '-').replaceAll('_', '.').toLowerCase(), value.trim());
  }
  return mirrors;
}

/** The address to use for `url`: the mirror's, with the path of the original appended. */
export function mirroredUrl(url: string, mirrors: MirrorMap): string {
  const original = new URL(url);
  const mirror = mirrors.get(original.hostname.toLowerCase()) ?? mirrors.get('default');
  if (mirror === undefined || mirror === '') return url;
  return `${mirror.replace(/\/+$/, '').replaceAll('{originalHost}', original.host)}${original.pathname}${original.search}`;
}
