import type { Command } from 'commander';
import { SETTINGS } from '../../configuration/index.ts';
import { action, commaList, examples } from './action.ts';
import type { Run } from './action.ts';

const EXAMPLES: Readonly<Record<string, string>> = {
  'default-builder': 'base',
  'run-image': 'registry.example.com/team/run:1',
  'pull-policy': 'daily',
  'cache-size': '10GB',
  'insecure-registries': 'registry.example.com:5000',
  'registry-mirrors': 'index.docker.io --mirror mirror.example.com:5000',
  'run-image-mirrors': 'registry.example.com/team/run:1 --mirror mirror.example.com/team/run:1',
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
  for (const { name, kind, variable, description } of SETTINGS) {
    const example = EXAMPLES[name] ?? '';
    if (kind === 'list') addList(config, run, { name, variable, description, example });
    else if (kind === 'map') addMap(config, run, { name, variable, description, example });
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

function addGroup(config: Command, name: string, variable: string, description: string): Command {
  return config.command(name).description(`${description} (variable ${variable})`).usage('<command> [options]').enablePositionalOptions();
}

interface ListSetting {
  readonly name: string;
  readonly variable: string;
  readonly description: string;
  readonly example: string;
}

function addList(config: Command, run: Run, { name, variable, description, example }: ListSetting): void {
  const list = addGroup(config, name, variable, description);
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

/** What the keys of a map are. */
const KEYS: Readonly<Record<string, readonly [name: string, description: string]>> = {
  'registry-mirrors': ['registry', 'the registry as image names have it, such as index.docker.io; * for all'],
  'run-image-mirrors': ['image', 'the run image as its builder names it'],
};

function addMap(config: Command, run: Run, { name, variable, description, example }: ListSetting): void {
  const [key, about] = KEYS[name] ?? ['key', 'the key'];
  const map = addGroup(config, name, variable, description);
  map
    .command('list', { isDefault: true })
    .argument(`[${key}]`, `${about}; default: all`)
    .description('show the values that count')
    .action(action(run, async () => (await import('../commands/config.ts')).configMap(name)))
    .addHelpText('after', examples(`tspack config ${name} list`));
  map
    .command('add')
    .argument(`<${key}>`, about)
    .description('add mirrors, which are tried in their order')
    .requiredOption('-m, --mirror <mirror>', 'a mirror of it (repeatable, or joined by commas)', commaList)
    .action(action(run, async () => (await import('../commands/config.ts')).configMapChange(name, 'add')))
    .addHelpText('after', examples(`tspack config ${name} add ${example}`));
  map
    .command('remove')
    .argument(`<${key}>`, about)
    .description('remove mirrors')
    .option('-m, --mirror <mirror>', 'only this one (repeatable, or joined by commas)', commaList)
    .action(action(run, async () => (await import('../commands/config.ts')).configMapChange(name, 'remove')))
    .addHelpText('after', examples(`tspack config ${name} remove ${example.split(' ')[0]}`));
}
