import { existsSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { chooseRuntime, satisfies, type BuildContext } from '../../../../src/sdk/index.ts';
import type { InstallBootstrap } from '../bootstrap.ts';
import type { GoCommand, GoHome } from '../go-command.ts';
import { chooseGoVersion, exactGoVersion, semanticVersion, type VersionRequest } from '../go-version.ts';
import { goDev } from '../sources/go-dev.ts';
import { buildArchitecture, type GoInstallation } from '../sources/go-source.ts';
import { moduleProxy } from '../sources/module-proxy.ts';

/** Go in place. */
export interface Toolchain {
  /** `1.26.1`. */
  readonly version: string;
  /** Path of `go`. */
  readonly program: string;
}

const LAYER = 'go';

/** What is only of use to those who work on Go itself. */
const LEFT_OUT = ['api', 'doc', 'misc', 'test'];

/** The toolchain that the application asks for, in the layer `go` (build, cache). */
export async function installToolchain(
  context: BuildContext,
  home: GoHome,
  requests: readonly VersionRequest[],
  installBootstrap: InstallBootstrap,
): Promise<Toolchain> {
  const fetching = join(context.layersDirectory, '.go-fetching');
  rmSync(fetching, { recursive: true, force: true });
  let bootstrap: Promise<string> | undefined;
  // The layer is emptied before another version is put there, and its `go` is gone then.
  const fetchingGo = async (): Promise<GoCommand> => ({
    program: fetchingProgram(context) ?? (await (bootstrap ??= installBootstrap(context, join(fetching, 'bootstrap')))),
    home,
    moduleCache: join(fetching, 'modules'),
    buildCache: join(fetching, 'cache'),
  });
  try {
    const { version, reason, find } = await chooseToolchain(context, requests[0], fetchingGo);
    context.choose({ name: 'Go', version, reason });
    for (const other of requests.slice(1).filter(({ kind }) => kind !== 'minimum'))
      context.log.line(`"${other.text}" in ${other.source} is not looked at, because ${requests[0]!.source} counts first`);
    const { layer } = await context.layer({
      name: LAYER,
      title: `Go ${version}`,
      types: { build: true, cache: true },
      inputs: [
        { name: 'Go version', value: version, readable: true },
        { name: 'architecture of the build', value: buildArchitecture(), readable: true },
        { name: 'layer format', value: '1' },
      ],
      create: async ({ path }) => {
        const installation = await find();
        context.log.line(`Downloading Go ${version}`);
        await installation.install(path);
        for (const folder of LEFT_OUT) rmSync(join(path, folder), { recursive: true, force: true });
        return {};
      },
    });
    return { version, program: programOf(layer.path) };
  } finally {
    rmSync(fetching, { recursive: true, force: true });
  }
}

interface ToolchainChoice {
  readonly version: string;
  readonly reason: string;
  find(): Promise<GoInstallation>;
}

/** An exact version that is installed needs no question; neither does any that is installed while nothing may be asked. */
async function chooseToolchain(context: BuildContext, request: VersionRequest | undefined, fetchingGo: () => Promise<GoCommand>): Promise<ToolchainChoice> {
  const installed = installedVersion(context);
  const known = installed !== undefined && (context.downloads.offline || (request !== undefined && exactGoVersion(request) === installed));
  let chosen = known ? chooseGoVersion(request, [installed]) : undefined;
  const ask = () =>
    chooseRuntime(context, {
      runtime: 'go',
      title: 'Go',
      sources: [moduleProxy(context, fetchingGo), goDev(context)],
      wanted: (versions) => (chosen = chooseGoVersion(request, versions))?.version,
      wantedText: request === undefined ? 'an application that asks for none' : `"${request.text}" of ${request.source}`,
      nextStep: request === undefined ? 'Set BP_GO_VERSION.' : `Change ${request.source} to a version that is offered.`,
    });
  if (chosen !== undefined) return { ...chosen, find: async () => (await ask()).found };
  const { version, found } = await ask();
  return { version, reason: chosen!.reason, find: () => Promise.resolve(found) };
}

/** The `go` of the last build, where it can fetch others: versions are modules since Go 1.21. */
function fetchingProgram(context: BuildContext): string | undefined {
  const installed = installedVersion(context);
  const usable = installed !== undefined && satisfies(semanticVersion(installed), '>=1.21.0');
  return usable ? programOf(join(context.layersDirectory, LAYER)) : undefined;
}

function programOf(directory: string): string {
  return join(directory, 'bin/go');
}

/** The version in the restored layer: the first line of its VERSION, `go1.26.1`. */
function installedVersion(context: BuildContext): string | undefined {
  const file = join(context.layersDirectory, LAYER, 'VERSION');
  return existsSync(file) ? /^go(\S+)/.exec(readFileSync(file, 'utf8'))?.[1] : undefined;
}
