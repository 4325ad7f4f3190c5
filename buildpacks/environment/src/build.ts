import { digestOf, type BuildContext } from '../../../src/sdk/index.ts';
import { readLaunchVariables, type LaunchVariable } from './launch-variable.ts';

/** One layer, which holds nothing but environment files. */
export async function build(context: BuildContext): Promise<void> {
  const variables = readLaunchVariables(context.env);
  context.log.section('Variables at launch');
  for (const variable of variables) report(context, variable);
  await context.layer({
    name: 'environment',
    title: 'variables',
    types: { launch: true },
    // Only a digest: the layer's metadata is no place for values.
    inputs: [{ name: 'BPE variables', value: digestOf(JSON.stringify(variables)) }],
    create: (layer) => {
      for (const { process, name, action, value, delimiter } of variables) {
        layer.setEnv(process === undefined ? 'launch' : { process }, name, action, value, delimiter);
      }
      return {};
    },
  });
}

const DONE = { override: 'set', default: 'set unless the container sets it', append: 'appended to', prepend: 'prepended to' } as const;

function report(context: BuildContext, { source, process, name, action }: LaunchVariable): void {
  context.log.line(`${name} is ${DONE[action]}${process === undefined ? '' : ` for the process "${process}"`} (${source})`);
  if (/(?:PASSWORD|PASSWD|SECRET|TOKEN|CREDENTIAL|PRIVATE_?KEY|API_?KEY)/i.test(name))
    context.log.warning(`The value of ${name} becomes part of the image, where everyone who can pull it can read it`, `Set ${name} where the image is run.`);
}
