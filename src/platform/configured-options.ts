import type { Configuration } from '../configuration/index.ts';
import type { BuildOptions } from './api.ts';

/** Options of a build, with what the user has configured where they say nothing. A builder of project.toml wins over the configured one. */
export function withConfiguration<Options extends BuildOptions>(options: Options, configuration: Pick<Configuration, 'value'>): Options {
  const defaultBuilder = options.defaultBuilder ?? configuration.value('default-builder');
  const runImage = options.runImage ?? configuration.value('run-image');
  const pullPolicy = options.pullPolicy ?? configuration.value('pull-policy');
  return {
    ...options,
    ...(defaultBuilder === undefined ? {} : { defaultBuilder }),
    ...(runImage === undefined ? {} : { runImage }),
    ...(pullPolicy === undefined ? {} : { pullPolicy }),
  };
}
