import { SETTINGS, changeSetting, loadConfiguration } from '../configuration/index.ts';
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
    changeSetting: (name, change) => changeSetting(name, change, environment),
  };
}
