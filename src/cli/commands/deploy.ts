import type { DeploymentOptions } from '../../index.ts';
import type { CommandFunction } from '../command.ts';
import { withEvents } from './task.ts';

interface DeployFlags {
  readonly builder: string;
  readonly namespaced?: boolean;
  readonly insecureRegistry?: readonly string[];
}

/** `tspack deploy <system>`: commander has checked the name. */
export const deploy: CommandFunction<[string], DeployFlags> = ([system], { builder, namespaced = false, insecureRegistry = [] }, context) =>
  withEvents(context, async (library, task) => {
    const options = { system: system as DeploymentOptions['system'], builder, namespaced, insecureRegistries: insecureRegistry };
    context.stdout.write(await library.deployment(options, task));
    return 0;
  });
