import { join } from 'node:path';
import type { ToolSettings } from './tool-settings.ts';

interface Mirror {
  readonly of: string;
  readonly url: string;
}

/**
 * The mirror of Maven's central repository in `~/.m2/settings.xml` as `TSPACK_MAVEN_MIRROR`: its address alone, because
 * servers, profiles and passwords of that file are the user's. A mirror of just `central` wins over patterns, among
 * these the first (maven.apache.org, "Using Mirrors for Repositories").
 */
export function mavenSources({ env, home, read }: ToolSettings): Readonly<Record<string, string>> {
  const own = env['TSPACK_MAVEN_MIRROR'];
  if (own !== undefined) return { TSPACK_MAVEN_MIRROR: own };
  const text = home === undefined ? undefined : read(join(home, '.m2/settings.xml'));
  if (text === undefined) return {};
  const mirrors = readMirrors(text, env);
  const mirror = mirrors.find(({ of }) => of === 'central') ?? mirrors.find(({ of }) => coversCentral(of));
  return mirror === undefined ? {} : { TSPACK_MAVEN_MIRROR: mirror.url };
}

/** The file's schema allows no attributes and no nesting of these elements, so that expressions can read it. */
function readMirrors(text: string, env: Readonly<Record<string, string>>): readonly Mirror[] {
  const visible = text.replaceAll(/<!--[\s\S]*?-->/gu, '');
  return [...visible.matchAll(/<mirror>([\s\S]*?)<\/mirror>/gu)].flatMap(([, body = '']) => {
    const element = (name: string) => new RegExp(`<${name}>\\s*([\\s\\S]*?)\\s*</${name}>`, 'u').exec(body)?.[1] ?? '';
    const url = element('url')
      .replaceAll('&amp;', '&')
      .replaceAll(/\$\{env\.([^}]+)\}/gu, (whole, name: string) => env[name] ?? whole);
    return URL.canParse(url) && !url.includes('${') && element('blocked') !== 'true' ? [{ of: element('mirrorOf'), url }] : [];
  });
}

function coversCentral(pattern: string): boolean {
  const parts = pattern.split(',').map((part) => part.trim());
  return !parts.includes('!central') && parts.some((part) => ['*', 'external:*', 'central'].includes(part));
}
