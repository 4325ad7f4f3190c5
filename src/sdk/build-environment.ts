import { digestOf } from '../foundation/index.ts';
import type { BuildpackContext } from './detect-context.ts';

/** Variables that differ between machines without changing what a build makes. */
const IRRELEVANT =
  /^(?:CNB_(?!TARGET_)|npm_config_|NPM_CONFIG_|BP_|BPE_)|^(?:HOME|HOSTNAME|PWD|OLDPWD|SHLVL|_|TMPDIR|USER|LOGNAME|TERM|PATH|TSPACK_[A-Z_]+|NODE_EXTRA_CA_CERTS|SSL_CERT_FILE|SSL_CERT_DIR|PIP_CERT|CARGO_HTTP_CAINFO|REQUESTS_CA_BUNDLE|CURL_CA_BUNDLE|GIT_SSL_CAINFO)$|proxy$/i;

/**
 * A digest of what a build of the application's sources sees besides them: the execution environment, variables that are not of the machine, and
 * bindings. Settings of buildpacks (`BP_*`) are left out: most say nothing about the build, and those that do are inputs of their own.
 */
export function environmentDigest({ env, execEnv, bindings }: Pick<BuildpackContext, 'env' | 'execEnv' | 'bindings'>): string {
  const variables = Object.entries(env)
    .filter(([name]) => !IRRELEVANT.test(name))
    .sort(([a], [b]) => (a < b ? -1 : 1));
  const bound = bindings.map((binding) => [binding.name, binding.keys.map((key) => [key, digestOf(binding.read(key) ?? '')])]);
  return digestOf(JSON.stringify([execEnv, variables, bound]));
}
