import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, posix } from 'node:path';
import { javaTrustOptions, parseSimpleCommand, registerSecret, type BuildContext } from '../../../../src/sdk/index.ts';
import { gradleFailed } from '../errors.ts';
import type { BuildTool } from '../project/build-tool.ts';
import { parseProperties } from '../properties.ts';
import { installGradle, type GradleRequest } from './gradle-distribution.ts';
import { gradleMainClass, usesApplicationPlugin } from './gradle-script.ts';

const SECRET_NAME = /password|token|secret|key|credential/i;

/** Gradle as a build tool, in the version of the application's wrapper. */
export function gradleTool(context: BuildContext, request: GradleRequest, module: string | undefined): BuildTool {
  const { applicationDirectory, env } = context;
  const args = gradleArguments(env, module, usesApplicationPlugin(applicationDirectory, module));
  const caches = async () => await context.layer({ name: 'gradle-caches', title: "Gradle's caches", types: { cache: true }, inputs: [], create: () => ({}) });
  let home = '';
  return {
    name: 'Gradle',
    async install() {
      home = await installGradle(context, request);
    },
    inputs: () => [
      { name: 'Gradle version', value: request.version, readable: true },
      { name: 'the arguments of Gradle', value: args.join(' '), readable: true },
    ],
    async build(jdk) {
      const { layer } = await caches();
      const userHome = prepareUserHome(context, layer.path);
      try {
        context.log.line(`gradle ${args.join(' ')}`);
        const trust = (javaTrustOptions(env, userHome) ?? '').split(' ').filter((word) => word !== '');
        const result = await context.run({
          command: [join(home, 'bin/gradle'), '--no-daemon', '--console=plain', ...trust, ...(context.downloads.offline ? ['--offline'] : []), ...args],
          cwd: applicationDirectory,
          env: { ...env, ...jdk.env, GRADLE_USER_HOME: userHome },
          output: (text) => context.log.output(text),
        });
        if (result.exitCode !== 0)
          throw gradleFailed(result.tail, `it ended with ${result.exitCode ?? result.signal ?? 'a signal'}`, `gradle ${args.join(' ')}`);
      } finally {
        rmSync(userHome, { recursive: true, force: true });
      }
      const folder = module ?? '.';
      return {
        search: { modules: [folder], output: 'build', archives: 'build/libs', pattern: env['BP_GRADLE_BUILT_ARTIFACT'] },
        repository: { kind: 'gradle', directory: join(layer.path, 'modules-2/files-2.1') },
        facts: () => ({
          classes: join(applicationDirectory, folder, 'build/classes/java/main'),
          mainClass: gradleMainClass(applicationDirectory, module),
          copyLibraries: undefined,
        }),
      };
    },
    keepCaches: async () => void (await caches()),
  };
}

/** A home of Gradle outside of layers, because a binding's credentials go there; only its caches are kept. */
function prepareUserHome(context: BuildContext, caches: string): string {
  const userHome = mkdtempSync(join(tmpdir(), 'gradle-'));
  mkdirSync(caches, { recursive: true });
  symlinkSync(caches, join(userHome, 'caches'));
  const binding = context.bindings.find(({ type }) => type === 'gradle');
  const properties = binding?.read('gradle.properties');
  if (binding === undefined || properties === undefined) return userHome;
  for (const [name, value = ''] of Object.entries(parseProperties(properties))) if (SECRET_NAME.test(name) && value.length > 3) registerSecret(value);
  writeFileSync(join(userHome, 'gradle.properties'), properties);
  context.log.line(`Using gradle.properties of the binding "${binding.name}"`);
  return userHome;
}

/** Tasks and options after those that are always there. */
export function gradleArguments(env: Readonly<Record<string, string>>, module: string | undefined, isApplication: boolean): readonly string[] {
  const task = (name: string) => (module === undefined ? name : `:${posix.normalize(module).replaceAll('/', ':')}:${name}`);
  const split = (text: string) => parseSimpleCommand(text)?.words ?? text.split(/\s+/).filter((word) => word !== '');
  const own = env['BP_GRADLE_BUILD_ARGUMENTS'];
  const chosen = own === undefined ? [task('assemble'), ...(isApplication ? [task('installDist')] : [])] : split(own);
  return [...chosen, ...split(env['BP_GRADLE_ADDITIONAL_BUILD_ARGUMENTS'] ?? '')];
}
