import { debianPackagesKey, installDebianPackages, type BuildContext } from '../../../src/sdk/index.ts';
import { hasRuby } from './ruby-root.ts';

/** Where Ruby is. */
export interface Rubies {
  /** With headers, for the build alone; undefined where nothing is built. */
  readonly build: string | undefined;
  /** What the application runs with; the folder of the packages of an Aptfile when one of them brought Ruby along. */
  readonly launch: string;
  /** Folders with further packages of Debian, for build and launch alike. */
  readonly others: readonly string[];
}

const NOT_NEEDED = ['usr/share/ri/**', 'usr/lib/ruby/gems/*/gems/*/test/**', 'usr/lib/ruby/gems/*/gems/*/sig/**', 'usr/share/bug/**'];
/** Archives to link statically. */
const NOT_LINKED = ['usr/lib/*/libruby*-static.a'];

/** Installs Ruby from the locked packages of Debian. `builds` says whether gems are to be installed. */
export async function installRubies(context: BuildContext, builds: boolean): Promise<Rubies> {
  const apt = context.env['TSPACK_APT_DIRECTORY'];
  const others = apt === undefined || apt === '' ? [] : [apt];
  const build = builds ? await installRuby(context, 'ruby-build', ['ruby', 'headers'], { cache: true }) : undefined;
  if (!builds) context.dropLayer('ruby-build');
  const own = others.find(hasRuby);
  if (own !== undefined) {
    context.log.line('The packages of the Aptfile bring Ruby along, and the application runs with that');
    context.dropLayer('ruby');
    return { build, launch: own, others };
  }
  return { build, launch: await installRuby(context, 'ruby', ['ruby'], { launch: true, cache: true }), others };
}

async function installRuby(
  context: BuildContext,
  name: string,
  set: readonly string[],
  types: { readonly launch?: true; readonly cache: true },
): Promise<string> {
  const packages = { suite: 'trixie', set };
  const { layer } = await context.layer({
    name,
    title: types.launch === true ? 'Ruby' : 'Ruby with headers',
    types,
    inputs: [
      { name: 'packages of Debian', value: debianPackagesKey(context, packages) },
      { name: 'layer format', value: '1' },
    ],
    create: async ({ path, writeSbom }) => {
      const { components } = await installDebianPackages(context, { ...packages, directory: path, rules: { drop: [...NOT_NEEDED, ...NOT_LINKED] } });
      context.log.line(`Installed ${components.length} packages of Debian`);
      const { id, version } = context.buildpack;
      if (types.launch === true) await writeSbom({ subject: { name: 'ruby' }, tool: { name: id, version }, components }, context.sbomFormats);
      return {};
    },
  });
  return layer.path;
}
