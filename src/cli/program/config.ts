import type { Command } from 'commander';
import { SETTINGS } from '../../configuration/index.ts';
import { action, examples } from './action.ts';
import type { Run } from './action.ts';

const EXAMPLES: Readonly<Record<string, string>> = {
  'default-builder': 'base',
  'run-image': 'registry.example.com/team/run:1',
  'pull-policy': 'daily',
  'insecure-registries': 'registry.example.com:5000',
};

/** `tspack config ...`: a command for each setting. */
export function addConfig(program: Command, run: Run): void {
  const config = program.command('config').description('show and change your settings').usage('<command> [options]').enablePositionalOptions();
  config
    .command('list')
    .description('show every setting, its value and where that comes from')
    .option('-o, --output <format>', 'human-readable or json', 'human-readable')
    .action(action(run, async () => (await import('../commands/config.ts')).configList))
    .addHelpText('after', examples('tspack config list', 'tspack config list --output json'));
  for (const { name, isList, variable, description } of SETTINGS) {
    const example = EXAMPLES[name] ?? '';
    if (isList) addList(config, run, { name, variable, description, example });
    else {
      config
        .command(name)
        .argument('[value]', 'the new value; default: show the one that counts')
        .description(`${description} (variable ${variable})`)
        .option('--unset', 'forget the value')
        .action(action(run, async () => (await import('../commands/config.ts')).configSetting(name)))
        .addHelpText('after', examples(`tspack config ${name} ${example}`, `tspack config ${name} --unset`));
    }
  }
}

interface ListSetting {
  readonly name: string;
  readonly variable: string;
  readonly description: string;
  readonly example: string;
}

function addList(config: Command, run: Run, { name, variable, description, example }: ListSetting): void {
  const list = config.command(name).description(`${description} (variable ${variable})`).usage('<command> [options]').enablePositionalOptions();
  list
    .command('list')
    .description('show the values that count')
    .action(action(run, async () => (await import('../commands/config.ts')).configChange(name, undefined)))
    .addHelpText('after', examples(`tspack config ${name} list`));
  for (const kind of ['add', 'remove'] as const) {
    list
      .command(kind)
      .argument('<value>', 'the value')
      .description(`${kind} a value`)
      .action(action(run, async () => (await import('../commands/config.ts')).configListChange(name, kind)))
      .addHelpText('after', examples(`tspack config ${name} ${kind} ${example}`));
  }
}
