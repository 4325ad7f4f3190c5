import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseXmlFile, registerSecret, type BuildContext, type XmlElement } from '../../../../src/sdk/index.ts';

/** Arguments that make Maven use the settings of the user and of this machine. */
export interface MavenSettings {
  readonly arguments: readonly string[];
}

const SECRET_ELEMENTS = new Set(['password', 'passphrase', 'value']);

/**
 * The user's settings come from a binding of type `maven` (files `settings.xml`, `settings-security.xml`); proxies and the mirror of this machine
 * go into global settings, which count after them. Everything that may be a secret in the user's is redacted from then on.
 *
 * @param directory A temporary folder: none of this may come into a layer.
 */
export async function prepareMavenSettings(context: BuildContext, directory: string): Promise<MavenSettings> {
  const binding = context.bindings.find(({ type }) => type === 'maven');
  const args: string[] = [];
  if (binding?.keys.includes('settings.xml') === true) {
    registerSecrets(await parseXmlFile(binding.read('settings.xml')!, `settings.xml of the binding "${binding.name}"`));
    args.push('--settings', join(binding.directory, 'settings.xml'));
    context.log.line(`Using settings.xml of the binding "${binding.name}"`);
  } else {
    // Maven would look in a home that is not the user's; this says that there are none.
    const file = join(directory, 'settings.xml');
    writeFileSync(file, '<settings/>\n');
    args.push('--settings', file);
  }
  if (binding?.keys.includes('settings-security.xml') === true) args.push(`-Dsettings.security=${join(binding.directory, 'settings-security.xml')}`);
  const global = globalSettings(context.env);
  if (global !== undefined) {
    const file = join(directory, 'global-settings.xml');
    writeFileSync(file, global);
    args.push('--global-settings', file);
  }
  return { arguments: args };
}

function registerSecrets(element: XmlElement): void {
  if (SECRET_ELEMENTS.has(element.name) && element.text.length > 3 && !element.text.includes('${')) registerSecret(element.text);
  for (const child of element.children) registerSecrets(child);
}

/** The mirror and the proxies of this machine as settings; undefined when it has none. */
export function globalSettings(env: Readonly<Record<string, string>>): string | undefined {
  const mirror = env['TSPACK_MAVEN_MIRROR'];
  const proxies = ['http', 'https'].flatMap((protocol) => {
    const value = env[`${protocol}_proxy`] ?? env[`${protocol.toUpperCase()}_PROXY`];
    if (value === undefined || !URL.canParse(value)) return [];
    const { hostname, port, username, password } = new URL(value);
    const noProxy = (env['no_proxy'] ?? env['NO_PROXY'] ?? '')
      .split(',')
      .map((host) => host.trim().replace(/^\./, '*.'))
      .filter((host) => host !== '');
    return [
      element('proxy', [
        element('id', protocol),
        element('protocol', protocol),
        element('host', text(hostname)),
        element('port', port === '' ? (value.startsWith('https') ? '443' : '80') : port),
        ...(username === '' ? [] : [element('username', text(decodeURIComponent(username))), element('password', text(decodeURIComponent(password)))]),
        ...(noProxy.length === 0 ? [] : [element('nonProxyHosts', text(noProxy.join('|')))]),
      ]),
    ];
  });
  if (mirror === undefined && proxies.length === 0) return undefined;
  const mirrors =
    mirror === undefined
      ? []
      : [element('mirrors', [element('mirror', [element('id', 'mirror'), element('mirrorOf', 'central'), element('url', text(mirror))])])];
  return `${element('settings', [...mirrors, ...(proxies.length === 0 ? [] : [element('proxies', proxies)])])}\n`;
}

function element(name: string, content: string | readonly string[]): string {
  return `<${name}>${typeof content === 'string' ? content : content.join('')}</${name}>`;
}

function text(value: string): string {
  return value.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}

/** Options for the JVM that an application wants Maven to run with (`.mvn/jvm.config`): words, over several lines. */
export function readJvmConfig(applicationDirectory: string): readonly string[] {
  const file = join(applicationDirectory, '.mvn/jvm.config');
  return existsSync(file) ? words(readFileSync(file, 'utf8')) : [];
}

/** Words of a text, as Maven's own start script takes it apart: quotes have no meaning there. */
export function words(value: string): readonly string[] {
  return value.split(/\s+/).filter((word) => word !== '');
}
