import { SETTINGS, changeSetting, loadConfiguration, splitEntry } from '../configuration/index.ts';
import { parseImageReference } from '../oci/index.ts';
import { createMirrors } from '../registry/index.ts';
import type { SettingChange } from '../configuration/index.ts';
import type { Tspack } from '../platform/index.ts';
import type { Machine } from './machine.ts';

/** The settings of this user. They are read anew each time: a change shows at once. */
export function composeSettings({ environment }: Machine): Pick<Tspack, 'settings' | 'changeSetting'> {
  return {
    settings() {
      const configuration = loadConfiguration({ env: environment });
      return SETTINGS.map((description) => {
        const found = configuration.find(description.name);
        return { ...description, values: found?.values ?? [], ...(found === undefined ? {} : { origin: found.origin }) };
      });
    },
    changeSetting(name, change) {
      if (change.kind === 'add' || change.kind === 'set') checkMirror(name, change);
      return changeSetting(name, change, environment);
    },
  };
}

/** What is wrong with a mirror is said when it is set, not in the middle of a build. */
function checkMirror(name: string, { value: entry }: Extract<SettingChange, { readonly value: string }>): void {
  const [key, value = ''] = splitEntry(entry);
  if (name === 'registry-mirrors') createMirrors(new Map([[key, [value]]]));
  if (name === 'run-image-mirrors') for (const image of [key, value]) parseImageReference(image);
}
