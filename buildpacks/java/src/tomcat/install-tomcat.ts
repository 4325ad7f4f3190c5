import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fetchArchive, type BuildContext } from '../../../../src/sdk/index.ts';
import { findRepository } from '../maven/central-repository.ts';
import releases from './releases.json' with { type: 'json' };
import { loggingProperties, serverXml } from './tomcat-files.ts';

/** Tomcat in a layer. */
export interface Tomcat {
  readonly version: string;
  /** Folders with its classes. */
  readonly classFolders: readonly string[];
  /** Starts the application directory as the root of the server. */
  readonly command: readonly string[];
}

/** What Tomcat looks into to free what an application leaves, as its own start script opens it. */
const OPENED = ['java.base/java.lang', 'java.base/java.io', 'java.base/java.util', 'java.base/java.util.concurrent', 'java.rmi/sun.rmi.transport'];

/** What is unpacked: the server, without its applications, scripts, translations and the tools that convert or describe applications. */
const WANTED =
  /^(?:LICENSE|NOTICE|bin\/(?:bootstrap|tomcat-juli)\.jar|conf\/web\.xml|lib\/(?!tomcat-i18n-|catalina-ant|catalina-storeconfig|jakartaee-migration).*\.jar)$/;

/**
 * Installs the Tomcat for a kind of servlets into the layer `tomcat`: 9.0 for `javax`, 10.1 for `jakarta`, as Maven's central repository has them and
 * the digests of this buildpack prove them. It writes nothing but below the temporary folder, so that it runs on a read-only root.
 */
export async function installTomcat(context: BuildContext, servlet: 'javax' | 'jakarta'): Promise<Tomcat> {
  const { version, sha512 } = releases[servlet];
  context.choose({ name: 'Tomcat', version, reason: `the application uses ${servlet}.servlet` });
  const { layer } = await context.layer({
    name: 'tomcat',
    title: `Tomcat ${version}`,
    types: { launch: true, cache: true },
    inputs: [
      { name: 'Tomcat version', value: version, readable: true },
      { name: 'digest', value: sha512 },
      { name: 'application directory', value: context.applicationDirectory },
      { name: 'layer format', value: '1' },
    ],
    create: async ({ path, writeSbom }) => {
      const url = `${await findRepository(context)}/org/apache/tomcat/tomcat/${version}/tomcat-${version}.tar.gz`;
      context.log.line(`Downloading Tomcat ${version}`);
      const digest = { algorithm: 'sha512', hex: sha512 } as const;
      const filter = (name: string) => WANTED.test(name);
      await fetchArchive(context.downloads, { url, digest, label: `Tomcat ${version}`, directory: path, stripComponents: 1, filter });
      mkdirSync(join(path, 'conf'), { recursive: true });
      writeFileSync(join(path, 'conf/server.xml'), serverXml(context.applicationDirectory));
      writeFileSync(join(path, 'conf/logging.properties'), loggingProperties());
      await writeSbom(
        {
          subject: { name: 'tomcat', version },
          tool: { name: context.buildpack.id, version: context.buildpack.version },
          components: [
            {
              type: 'platform',
              name: 'tomcat',
              version,
              purl: `pkg:maven/org.apache.tomcat/tomcat@${version}`,
              description: 'Apache Tomcat, a servlet container',
              homepage: 'https://tomcat.apache.org/',
              licences: ['Apache-2.0'],
              hashes: [{ algorithm: 'SHA-512', hex: sha512 }],
              locations: [join(path, 'lib/catalina.jar')],
            },
          ],
        },
        context.sbomFormats,
      );
      return {};
    },
  });
  const { path } = layer;
  return {
    version,
    classFolders: [join(path, 'bin'), join(path, 'lib')],
    command: [
      'java',
      `-Djava.util.logging.config.file=${path}/conf/logging.properties`,
      '-Djava.util.logging.manager=org.apache.juli.ClassLoaderLogManager',
      // server.xml takes the port from the environment.
      '-Dorg.apache.tomcat.util.digester.PROPERTY_SOURCE=org.apache.tomcat.util.digester.EnvironmentPropertySource',
      ...OPENED.map((name) => `--add-opens=${name}=ALL-UNNAMED`),
      `-Dcatalina.home=${path}`,
      `-Dcatalina.base=${path}`,
      '-classpath',
      `${path}/bin/bootstrap.jar:${path}/bin/tomcat-juli.jar`,
      'org.apache.catalina.startup.Bootstrap',
      'start',
    ],
  };
}
