import type { BuildContext } from '../../../../src/sdk/index.ts';
import { MEMORY_PROGRAM } from './memory-program.ts';
import { PORT_PROGRAM } from './port-program.ts';

/** What is computed when a process starts, in a layer of its own: the runtime's layer stays the same for all applications. */
export async function writeLaunchSettings(context: BuildContext, classCount: number): Promise<void> {
  await context.layer({
    name: 'launch-settings',
    title: 'settings for launch',
    types: { launch: true },
    inputs: [
      { name: 'the number of classes', value: String(rounded(classCount)), readable: true },
      { name: 'layer format', value: '1' },
    ],
    create: (layer) => {
      layer.addExecD('memory', { content: MEMORY_PROGRAM });
      layer.addExecD('port', { content: PORT_PROGRAM });
      if (classCount > 0) layer.setEnv('launch', 'TSPACK_JAVA_CLASS_COUNT', 'default', String(rounded(classCount)));
      return {};
    },
  });
}

/** Up to the next thousand: one class more must not make another layer. */
function rounded(count: number): number {
  return Math.ceil(count / 1000) * 1000;
}
