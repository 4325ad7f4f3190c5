import { hasShell, readProcfile, type BuildContext } from '../../../src/sdk/index.ts';
import { shellMissing } from './errors.ts';
import { planProcess, type PlannedProcess } from './plan-process.ts';

/** Declares a process for each line, and keeps the variables that lines set in a layer: a launcher starts programs, not command lines. */
export async function build(context: BuildContext): Promise<void> {
  const lines = readProcfile(context.applicationDirectory);
  context.log.section('Processes');
  if (lines.length === 0) context.log.warning('Procfile names no process', 'Write lines such as "web: ./server", or remove the file.');
  const planned = lines.map((line) => {
    const process = planProcess(line);
    if (process.shell && !hasShell(context.env)) throw shellMissing(line);
    return process;
  });
  for (const process of planned) addProcess(context, process);
  await keepVariables(context, planned);
}

function addProcess(context: BuildContext, { type, line, command, env, passesSignals }: PlannedProcess): void {
  const isDefault = type === 'web';
  const setting = env.map(([name, value]) => `${name}=${value} `).join('');
  context.log.line(`${type}: ${setting}${command.join(' ')} (Procfile:${line}${isDefault ? ', the default' : ''})`);
  if (!passesSignals)
    context.log.warning(
      `The shell that runs "${type}" does not pass SIGTERM on, so the process is killed at the end of the grace period`,
      `Write "exec" before the program in Procfile:${line} that keeps running.`,
    );
  context.addProcess({ type, command, default: isDefault });
}

async function keepVariables(context: BuildContext, planned: readonly PlannedProcess[]): Promise<void> {
  const settings = planned.flatMap(({ type, env }) => env.map(([name, value]) => ({ type, name, value })));
  if (settings.length === 0) {
    context.dropLayer('variables');
    return;
  }
  await context.layer({
    name: 'variables',
    title: 'variables of Procfile lines',
    types: { launch: true },
    inputs: [{ name: 'Procfile', value: JSON.stringify(settings) }],
    create: (layer) => {
      for (const { type, name, value } of settings) layer.setEnv({ process: type }, name, 'override', value);
      return {};
    },
  });
}
