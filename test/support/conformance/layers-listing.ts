import { formatGoJson, parseToml } from '../../../src/foundation/index.ts';
import type { GoValue } from '../../../src/foundation/index.ts';
import type { ConformanceRoot } from './root.ts';

/** Files that phases hand to each other; compared on their own, or of no form that buildpacks see. */
const HANDED_ON = new Set(['analyzed.toml', 'group.toml', 'plan.toml', 'report.toml', 'order.toml']);

/** `<layers>` as a value to compare. TOML is parsed, because only one of its files has bytes that count: metadata.toml. */
export function layersListing(root: ConformanceRoot): Readonly<Record<string, unknown>> {
  return Object.fromEntries(
    Object.entries(root.listing('layers'))
      .filter(([path]) => !HANDED_ON.has(path))
      .map(([path, shown]) => [path, shownAs(path, shown)]),
  );
}

function shownAs(path: string, shown: string): unknown {
  if (path.endsWith('.toml') && path !== 'config/metadata.toml') return parsed(shown);
  // The reference changes its umask while other layers are restored, so the mode of these is a matter of chance.
  return /^[^/]+\/[^/]+\.sbom\.[^/]+$/.test(path) ? shown.replace(/^file \d+/, 'file') : shown;
}

/** Files below `<layers>/generated`, without modes. */
export function generatedFiles(root: ConformanceRoot): Readonly<Record<string, string>> {
  const files = Object.entries(root.listing('layers')).filter(([path, shown]) => path.startsWith('generated/') && shown.startsWith('file'));
  return Object.fromEntries(files.map(([path, shown]) => [path, shown.replace(/^file \d+ /, '')]));
}

/** group.toml or plan.toml; undefined when there is none. */
export function handedOn(root: ConformanceRoot, name: 'group.toml' | 'plan.toml'): unknown {
  const shown = root.listing('layers')[name];
  const value = shown === undefined ? undefined : parsed(shown);
  if (name === 'group.toml' || value === undefined) return value;
  // The reference's entries come from a Go map, in another order each time; without any it writes an empty file.
  return ((value as { readonly entries?: readonly GoValue[] }).entries ?? []).map(formatGoJson).sort();
}

/** Without the mode, which is the writer's own. What is no TOML is shown as it is. */
function parsed(shown: string): unknown {
  const text = Buffer.from(shown.replace(/^file \d+ /, ''), 'latin1').toString();
  try {
    return JSON.parse(JSON.stringify(parseToml(text, 'file')));
  } catch {
    return shown;
  }
}
