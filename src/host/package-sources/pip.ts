import { join } from 'node:path';
import type { ToolSettings } from './tool-settings.ts';

/** Options of pip that say where packages are. */
const OPTIONS = ['index-url', 'extra-index-url', 'trusted-host'] as const;
/** The sections that `pip install` reads; later ones win. */
const SECTIONS = ['global', 'install'];

/**
 * pip's indexes, as the `PIP_*` variables that stand for its options. A variable wins over `[install]`, that over
 * `[global]`; among files the order is global, user, virtual environment, `PIP_CONFIG_FILE` (pip.pypa.io, "Configuration").
 */
export function pipSources({ env, home, configHome, read }: ToolSettings): Readonly<Record<string, string>> {
  const only = env['PIP_CONFIG_FILE'];
  const files = [
    '/etc/xdg/pip/pip.conf',
    '/etc/pip.conf',
    ...(home === undefined ? [] : [join(home, '.pip/pip.conf')]),
    ...(configHome === undefined ? [] : [join(configHome, 'pip/pip.conf')]),
    ...(env['VIRTUAL_ENV'] === undefined ? [] : [join(env['VIRTUAL_ENV'], 'pip.conf')]),
    ...(only === undefined ? [] : [only]),
  ];
  // So pip is told to read no file at all.
  const texts = only === '/dev/null' ? [] : files.map(read).filter((text) => text !== undefined);
  const settings = SECTIONS.flatMap((section) => texts.flatMap((text) => [...readSection(text, section)]));
  const ofFiles = new Map(settings);
  return Object.fromEntries(
    OPTIONS.flatMap((option) => {
      const variable = `PIP_${option.toUpperCase().replaceAll('-', '_')}`;
      const value = env[variable] ?? ofFiles.get(option);
      return value === undefined || value === '' ? [] : [[variable, value]];
    }),
  );
}

/** The options of one section of an INI file as Python's configparser reads it: indented lines go on with the value above. */
function readSection(text: string, wanted: string): ReadonlyMap<string, string> {
  const options = new Map<string, string>();
  let section = '';
  let option: string | undefined;
  for (const line of text.split(/\r?\n/u)) {
    if (/^\s*(?:[#;].*)?$/u.test(line)) continue;
    const header = /^\[([^\]]+)\]/u.exec(line)?.[1];
    const [, name, value = ''] = /^([^\s=:][^=:]*?)\s*[=:]\s*(.*?)\s*$/u.exec(line) ?? [];
    if (header !== undefined) [section, option] = [header.trim(), undefined];
    else if (/^\s/u.test(line)) {
      if (option !== undefined) options.set(option, `${options.get(option) ?? ''} ${line.trim()}`.trim());
    } else {
      option = section === wanted ? name?.toLowerCase().replaceAll('_', '-') : undefined;
      if (option !== undefined) options.set(option, value);
    }
  }
  return options;
}
