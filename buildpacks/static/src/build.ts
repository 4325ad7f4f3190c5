import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { digestOf, isFile, readProcfile, type BuildContext } from '../../../src/sdk/index.ts';
import { chooseRoot, insideApplication, type SiteRoot } from './choose-root.ts';
import { fileMissing } from './errors.ts';
import { includedText } from './included-text.ts';
import { installNginx, MODULES, type Nginx } from './layers/nginx.ts';
import type { NginxFrame } from './nginx-frame.ts';
import { pruneSources } from './prune-sources.ts';
import { readSettings, type Settings } from './settings.ts';
import { formatSiteConfig } from './site-config.ts';
import { adaptUserConfig } from './user-config.ts';
import { validateConfig } from './validate-config.ts';

/** A configuration of nginx, before it is checked. */
interface Config {
  readonly template: string;
  /** The file that errors name. */
  readonly name: string;
  readonly includes: readonly string[];
}

/** nginx, then its configuration, then the process that starts it. */
export async function build(context: BuildContext): Promise<void> {
  const settings = readSettings(context);
  const own = findUserConfig(context);
  const root = own === undefined ? chooseRoot(context.applicationDirectory, settings, context.plan.entries) : undefined;

  context.log.section('nginx');
  const nginx = await installNginx(context);
  const frame = { nginxDirectory: nginx.directory, modules: MODULES };

  context.log.section('Configuration');
  const config = own === undefined ? siteConfig(context, settings, root!, frame) : userConfig(context, own, frame);
  const file = await keepConfig(context, nginx, config);
  if (root?.built === true) removeSources(context, settings, root);
  context.addProcess({ type: 'web', command: [nginx.starter, context.applicationDirectory, nginx.program, file], default: true });
}

/** The user's own configuration, relative to the application. Throws `STATIC_FILE_MISSING`. */
function findUserConfig({ applicationDirectory, env }: BuildContext): string | undefined {
  const asked = env['BP_NGINX_CONF_LOCATION'];
  if (asked === undefined || asked === '') return isFile(applicationDirectory, 'nginx.conf') && !env['BP_WEB_SERVER'] ? 'nginx.conf' : undefined;
  return requireFile(applicationDirectory, 'the configuration of nginx (BP_NGINX_CONF_LOCATION)', asked);
}

function userConfig(context: BuildContext, name: string, frame: NginxFrame): Config {
  const text = readFileSync(join(context.applicationDirectory, name), 'utf8');
  const { template, changes, includes, honoursPort } = adaptUserConfig(text, name, context.applicationDirectory, frame);
  context.log.line(`Using ${name}`);
  for (const change of changes) context.log.line(change);
  if (!honoursPort) context.log.warning(`${name} does not listen on the port that PORT names`, `Write "listen $PORT;" in ${name}.`);
  return { template, name, includes };
}

/** How to build and serve is nobody's business but ours, where the root is the application itself. */
const OWN_FILES = ['Aptfile', 'Procfile', 'Staticfile', 'Staticfile.auth', 'nginx.conf', 'project.toml'];

function siteConfig(context: BuildContext, settings: Settings, root: SiteRoot, frame: NginxFrame): Config {
  const { applicationDirectory } = context;
  context.log.line(`Serving ${root.path === '.' ? 'the application' : root.path}: ${root.reason}`);
  for (const origin of settings.origins) context.log.line(`Set: ${origin}`);
  const at = (path: string) => join(applicationDirectory, path);
  const isServed = (path: string) => isFile(at(root.path), path);
  const include = settings.include === undefined ? undefined : at(requireFile(applicationDirectory, 'included', settings.include));
  const bound = context.bindings.find(({ type, keys }) => type === 'htpasswd' && keys.includes('.htpasswd'));
  const passwords =
    bound !== undefined
      ? `{{bindings}}/${bound.name}/.htpasswd`
      : settings.passwords === undefined
        ? undefined
        : at(requireFile(applicationDirectory, 'the file of passwords', settings.passwords));
  if (passwords !== undefined) context.log.line(`Asking for a password of ${bound === undefined ? settings.passwords! : `the binding "${bound.name}"`}`);
  const errorPages = new Map(isServed('404.html') ? [['404', '/404.html'], ...settings.errorPages] : settings.errorPages);
  const template = formatSiteConfig({
    ...settings,
    frame,
    root: at(root.path),
    built: root.built,
    pushState: settings.pushState ?? root.pushState ?? false,
    strictTransport: settings.strictTransport,
    passwords,
    include,
    errorPages,
    refused: [...new Set([...OWN_FILES, ...(settings.passwords === undefined ? [] : [insideApplication('passwords', settings.passwords)])])].filter(isServed),
  });
  return { template, name: settings.include ?? 'the configuration', includes: include === undefined ? [] : [include] };
}

/** A file of the application in its shortest form. Throws `STATIC_FILE_MISSING`, `STATIC_SETTING_INVALID`. */
function requireFile(applicationDirectory: string, what: string, path: string): string {
  const short = insideApplication(what, path);
  if (!isFile(applicationDirectory, short)) throw fileMissing(what, path);
  return short;
}

/** Puts the template into a layer once nginx has read it. */
async function keepConfig(context: BuildContext, nginx: Nginx, { template, name, includes }: Config): Promise<string> {
  const { layer } = await context.layer({
    name: 'configuration',
    types: { launch: true },
    inputs: [{ name: 'configuration', value: digestOf(template + includedText(includes)) }],
    create: async ({ path }) => {
      await validateConfig(context, { nginx: nginx.program, libraries: nginx.libraries, template, name });
      mkdirSync(path, { recursive: true });
      writeFileSync(join(path, 'nginx.conf'), template);
      return {};
    },
  });
  return join(layer.path, 'nginx.conf');
}

/** A Procfile may start anything, so all of the application stays then. */
function removeSources(context: BuildContext, { include, passwords }: Settings, { path }: SiteRoot): void {
  if (readProcfile(context.applicationDirectory).length > 0) return;
  const kept = [include, passwords].filter((file) => file !== undefined).map((file) => insideApplication('file', file).split('/', 1)[0]!);
  const removed = pruneSources(context.applicationDirectory, path, kept);
  if (removed > 0) context.log.line(`Only ${path} is in the image; its sources are not`);
}
