import { join } from 'node:path';
import { isFile } from '../../../src/sdk/index.ts';
import {
  because,
  describeFolder,
  detected,
  findNearMisses,
  notDetected,
  placeOf,
  readApplicationPart,
  TspackError,
  type DetectContext,
  type DetectOutcome,
  type DetectPlan,
} from '../../../src/sdk/index.ts';
import { readManifest } from './manifest.ts';
import { buildScripts } from './options.ts';
import { findStaticSite, type StaticSite } from './static-sites/static-site.ts';

/** Without a package.json, only names that nobody gives to anything but a server. */
const ENTRY_FILES = ['package.json', 'server.js', 'server.mjs', 'server.cjs', 'app.js', 'app.mjs', 'app.cjs'];

/** Metadata of the require `node`, by which build knows that only the output of the build script is wanted. */
export const OUTPUT_ONLY = { output: 'static-web' };

/**
 * Passes for more than build can handle, so that build can explain what is missing. The first plan is for applications of another
 * language that have a front end, the second for static sites, the last one for servers.
 */
export function detect(context: DetectContext): DetectOutcome {
  const file = ENTRY_FILES.find((name) => isFile(join(context.applicationDirectory, name)));
  if (file === undefined)
    return notDetected({
      lookedFor: ['package.json', 'server.js', 'app.js'],
      nearMisses: findNearMisses(context.applicationDirectory, ['package.json']),
      note: describeFolder(context.applicationDirectory),
    });
  const server: DetectPlan = { provides: ['node'], requires: ['node'] };
  if (file !== 'package.json') return because([file], detected(server));
  const site = readSite(context);
  const place = placeOf(context.applicationDirectory, file, site === undefined ? /"start(?::prod)?"\s*:/ : /"build"\s*:/);
  const files: DetectPlan[] =
    site === undefined
      ? []
      : [
          {
            // A buildpack can require only what it or one before it provides; a web server's comes after it, requires `static-site` and is left the rest.
            provides: ['node', 'static-web', 'static-site'],
            requires: [
              { name: 'node', metadata: OUTPUT_ONLY },
              { name: 'static-web', metadata: { root: site.output, spa: site.spa, generator: site.generator } },
            ],
          },
        ];
  return because([place, ...(site === undefined ? [] : [`${site.generator} makes static files`])], detected({ provides: ['frontend'] }, ...files, server));
}

/** What is wrong in a file, build says. */
function readSite({ applicationDirectory, env }: DetectContext): StaticSite | undefined {
  try {
    const part = readApplicationPart(applicationDirectory, env);
    const manifest = readManifest(join(applicationDirectory, part));
    return manifest === undefined ? undefined : findStaticSite(applicationDirectory, manifest, buildScripts(manifest, env), part);
  } catch (error) {
    if (error instanceof TspackError) return undefined;
    throw error;
  }
}
